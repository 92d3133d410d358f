package org.eclipse.kura;

import java.text.MessageFormat;
import java.util.Arrays;
import java.util.Locale;
import java.util.MissingResourceException;
import java.util.ResourceBundle;

/** The text of an error: one pattern per code, filled with the arguments of the exception. */
final class KuraErrorMessages {

    /** No pattern has more. */
    private static final int ARGUMENTS = 4;

    private KuraErrorMessages() {}

    static String text(Locale locale, KuraErrorCode code, Object[] arguments) {
        Object[] values = Arrays.copyOf(arguments == null ? new Object[0] : arguments, ARGUMENTS);
        for (int i = arguments == null ? 0 : arguments.length; i < ARGUMENTS; i++) {
            values[i] = "";
        }
        return new MessageFormat(pattern(locale, code), locale).format(values).strip();
    }

    private static String pattern(Locale locale, KuraErrorCode code) {
        try {
            return ResourceBundle.getBundle(
                            KuraErrorMessages.class.getName(),
                            locale,
                            KuraErrorMessages.class.getClassLoader())
                    .getString(code.name());
        } catch (MissingResourceException absent) {
            return code.name() + ": {0}";
        }
    }
}
