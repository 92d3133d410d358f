package io.karu.gateway.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.system.SystemService;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AesCryptoServiceTest {
    private AesCryptoService crypto;

    @BeforeEach
    void open(@TempDir Path folder) throws Exception {
        SystemService system =
                (SystemService)
                        Proxy.newProxyInstance(
                                getClass().getClassLoader(),
                                new Class<?>[] {SystemService.class},
                                (proxy, method, arguments) -> folder.toString());
        crypto = new AesCryptoService(system);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "secret", "a-b", "geheim-ß"})
    void decryptsWhatItEncrypted(String clear) throws KuraException {
        assertArrayEquals(
                clear.toCharArray(), crypto.decryptAes(crypto.encryptAes(clear.toCharArray())));
    }

    /** A clear password may look like iv and ciphertext: URL-safe tokens carry dashes. */
    @ParameterizedTest
    @ValueSource(strings = {"no dash", "-", "abcd-", "-abcd", "AAAAAAAAAAAAAAAA-AAAA", "Zm9v-YmFy"})
    void saysThatAClearValueIsNotEncrypted(String clear) {
        assertThrows(KuraException.class, () -> crypto.decryptAes(clear.toCharArray()));
    }

    @Test
    void refusesWhatWasChanged() throws KuraException {
        char[] sealed = crypto.encryptAes("secret".toCharArray());
        sealed[sealed.length - 4] ^= 1;
        assertThrows(KuraException.class, () -> crypto.decryptAes(sealed));
    }
}
