package io.karu.uplink.kura;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import org.eclipse.kura.configuration.Password;
import org.eclipse.kura.crypto.CryptoService;
import org.junit.jupiter.api.Test;

class UplinkOptionsTest {
    /** Encrypts by putting "enc:" in front. */
    private static final CryptoService CRYPTO =
            (CryptoService)
                    Proxy.newProxyInstance(
                            UplinkOptionsTest.class.getClassLoader(),
                            new Class<?>[] {CryptoService.class},
                            (proxy, method, arguments) ->
                                    new String((char[]) arguments[0])
                                            .replaceFirst("^enc:", "")
                                            .toCharArray());

    @Test
    void nothingConfiguredIsTheDefault() {
        UplinkOptions options = UplinkOptions.of(Map.of(), CRYPTO);
        assertEquals(64_000_000, options.journalBytes());
        assertTrue(options.aggregator().isEmpty());
        assertFalse(options.ownTls());
    }

    @Test
    void theTokenIsDecryptedHoweverKuraHandsItOverAndNeverShown() {
        for (Object token : List.of("enc:s3cret", new Password("enc:s3cret"))) {
            UplinkOptions options =
                    UplinkOptions.of(
                            Map.of(
                                    "aggregator.url",
                                    "https://karu.example.org:8443",
                                    "aggregator.token",
                                    token),
                            CRYPTO);
            assertEquals("s3cret", options.token());
            assertFalse(options.toString().contains("s3cret"));
        }
    }

    @Test
    void badValuesAreRefusedByName() {
        for (Map.Entry<String, Object> bad :
                Map.<String, Object>of(
                                "journal.megabytes", 0,
                                "images", "some",
                                "images.megabytes.per.hour", "many",
                                "aggregator.url", "karu.example.org")
                        .entrySet()) {
            IllegalArgumentException refusal =
                    assertThrows(
                            IllegalArgumentException.class,
                            () ->
                                    UplinkOptions.of(
                                            Map.of(
                                                    "aggregator.token",
                                                    "enc:t",
                                                    bad.getKey(),
                                                    bad.getValue()),
                                            CRYPTO));
            assertTrue(refusal.getMessage().startsWith(bad.getKey()), refusal.getMessage());
            assertTrue(
                    refusal.getMessage().contains(String.valueOf(bad.getValue())),
                    refusal.getMessage());
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> UplinkOptions.of(Map.of("aggregator.url", "http://127.0.0.1:1"), CRYPTO));
    }
}
