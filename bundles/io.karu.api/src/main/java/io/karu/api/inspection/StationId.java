package io.karu.api.inspection;

import java.util.regex.Pattern;

/**
 * Identity of a station on its gateway: the station's {@code kura.service.pid}. At most 64 letters,
 * digits, {@code . _ -}.
 */
public record StationId(String value) {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    public StationId {
        if (value == null || !FORM.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "station \""
                            + value
                            + "\": use letters, digits, '.', '_' or '-', at most 64 characters");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
