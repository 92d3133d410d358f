package org.eclipse.kura.configuration;

/** A password as a configuration carries it: clear when it is written, encrypted when delivered. */
public class Password {

    private final char[] password;

    public Password(String password) {
        this(password == null ? null : password.toCharArray());
    }

    public Password(char[] password) {
        this.password = password;
    }

    public char[] getPassword() {
        return this.password;
    }

    /** The characters of the password. */
    @Override
    public String toString() {
        return this.password == null ? "" : new String(this.password);
    }
}
