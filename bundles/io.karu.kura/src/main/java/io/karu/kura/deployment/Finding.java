package io.karu.kura.deployment;

import java.util.Objects;

/**
 * Something that the checker has to say about a deployment package.
 *
 * @param code what it is; stable
 * @param subject the entry, bundle or header that it is about
 * @param message what is wrong with the value and what to do, in English
 */
public record Finding(Code code, String subject, String message) {

    public Finding {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(subject, "subject");
        Objects.requireNonNull(message, "message");
    }

    /** False for what the package may be offered with. */
    public boolean isError() {
        return code.severity == Severity.ERROR;
    }

    @Override
    public String toString() {
        return code + " " + subject + ": " + message;
    }

    /** Whether a package with this finding can work. */
    public enum Severity {
        ERROR,
        WARNING
    }

    /** What can be found; the names are part of the REST contract. */
    public enum Code {
        /** The bytes are no ZIP file, or one that is cut off or inflates without end. */
        NOT_A_PACKAGE(Severity.ERROR),
        /** The manifest is not the first entry (DeploymentAdmin 451). */
        MANIFEST_NOT_FIRST(Severity.ERROR),
        /** A required header of the package or of an entry is absent. */
        HEADER_MISSING(Severity.ERROR),
        /** A version is none of OSGi. */
        VERSION_INVALID(Severity.ERROR),
        /** The name of an entry has characters that DeploymentAdmin refuses (452). */
        NAME_ILLEGAL(Severity.ERROR),
        /**
         * A directory, signature or other unlisted entry stands where a bundle is expected (463).
         */
        ENTRY_UNEXPECTED(Severity.ERROR),
        /** The manifest lists an entry that is not there. */
        ENTRY_MISSING(Severity.ERROR),
        /** A resource other than a bundle, for which a Kura has no processor (464). */
        RESOURCE_UNSUPPORTED(Severity.ERROR),
        /**
         * A fix package: Kura keeps one file per package and could not install this one at boot.
         */
        FIX_PACKAGE(Severity.ERROR),
        /** Two entries are the same bundle. */
        BUNDLE_TWICE(Severity.ERROR),
        /** An entry is no bundle, or its jar cannot be read. */
        BUNDLE_UNREADABLE(Severity.ERROR),
        /** The jar calls itself otherwise than the package does (457, 463). */
        BUNDLE_HEADERS_DIFFER(Severity.ERROR),
        /** The gateway would keep the code that it has (Kura issue 558). */
        SAME_VERSION_OTHER_CONTENT(Severity.ERROR),
        /** Another installed package has this bundle (460). */
        BUNDLE_OF_ANOTHER_PACKAGE(Severity.ERROR),
        /** The gateway has this very bundle, but from no package (460). */
        BUNDLE_INSTALLED_OTHERWISE(Severity.ERROR),
        /** Nothing on the gateway exports what a bundle needs; it would stay INSTALLED. */
        IMPORT_UNSATISFIED(Severity.ERROR),
        /** The native code of a bundle is for another processor; it would stay INSTALLED. */
        ARCHITECTURE(Severity.ERROR),
        /** The classes need a newer Java than the gateway has. */
        JAVA_TOO_OLD(Severity.ERROR),
        /** The gateway lacks the space for download, store and snapshot. */
        SPACE(Severity.ERROR),
        /** Kura reads lengths as 32-bit integers. */
        TOO_LARGE(Severity.ERROR),
        /** Native code is replaced: without a restart the old library may stay mapped. */
        NATIVE_NEEDS_RESTART(Severity.WARNING);

        private final Severity severity;

        Code(Severity severity) {
            this.severity = severity;
        }

        public Severity severity() {
            return severity;
        }
    }
}
