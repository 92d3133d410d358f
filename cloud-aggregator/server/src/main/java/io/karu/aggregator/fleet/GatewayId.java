package io.karu.aggregator.fleet;

import java.util.regex.Pattern;

/**
 * A gateway's address in Kura's topic namespace: {@code {account}/{clientId}}.
 *
 * @param account Kura's {@code topic.context.account-name}
 * @param clientId Kura's {@code client-id}: the MQTT client id
 */
public record GatewayId(String account, String clientId) implements Comparable<GatewayId> {
    private static final Pattern LEVEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_:-]{0,127}");

    public GatewayId {
        requireLevel("account", account);
        requireLevel("client id", clientId);
    }

    /** Parses {@code account/clientId}. */
    public static GatewayId parse(String text) {
        String[] parts = text == null ? new String[0] : text.split("/", -1);
        if (parts.length != 2) {
            throw new IllegalArgumentException(
                    "gateway \"" + text + "\": expected account/clientId");
        }
        return new GatewayId(parts[0], parts[1]);
    }

    private static void requireLevel(String what, String value) {
        if (value == null || !LEVEL.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    what
                            + " \""
                            + value
                            + "\": use letters, digits, '-', '_' or ':', at most 128, the first a letter or digit");
        }
    }

    @Override
    public int compareTo(GatewayId other) {
        int byAccount = account.compareTo(other.account);
        return byAccount != 0 ? byAccount : clientId.compareTo(other.clientId);
    }

    @Override
    public String toString() {
        return account + "/" + clientId;
    }
}
