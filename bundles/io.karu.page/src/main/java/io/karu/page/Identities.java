package io.karu.page;

/** Who may use the page. */
public interface Identities {
    /** What a name and a password are good for. */
    enum Access {
        GRANTED,
        /** Unknown name or wrong password. */
        WRONG_PASSWORD,
        /** Known, without the permission. */
        NO_PERMISSION,
        /** Cannot be told now. */
        UNAVAILABLE
    }

    Access check(String name, char[] password);
}
