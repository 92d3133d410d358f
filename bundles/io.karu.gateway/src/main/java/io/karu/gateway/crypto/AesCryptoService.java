package io.karu.gateway.crypto;

import io.karu.gateway.system.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Properties;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.crypto.CryptoService;
import org.eclipse.kura.system.SystemService;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * AES-GCM with a 256 bit key that is made at the first start and kept in {@code
 * user/security/crypto.key}, readable by the owner only. Encrypted text is {@code
 * base64(iv)-base64(ciphertext)}.
 */
@Component(
        name = "org.eclipse.kura.crypto.CryptoService",
        property = "kura.service.pid=org.eclipse.kura.crypto.CryptoService")
public final class AesCryptoService implements CryptoService {

    private static final int KEY_BYTES = 32;
    private static final int IV_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final String DEFAULT_KEYSTORE_PASSWORD = "changeit";

    private final SecureRandom random = new SecureRandom();
    private final SecretKey key;
    private final Path keystorePasswords;

    @Activate
    public AesCryptoService(@Reference SystemService system) throws IOException {
        Path security = Path.of(system.getKuraUserConfigDirectory(), "security");
        this.keystorePasswords = security.resolve("keystores.properties");
        this.key = new SecretKeySpec(keyBytes(security.resolve("crypto.key")), "AES");
    }

    private byte[] keyBytes(Path file) throws IOException {
        if (!Files.exists(file)) {
            byte[] fresh = new byte[KEY_BYTES];
            random.nextBytes(fresh);
            PrivateFiles.write(file, Base64.getEncoder().encode(fresh));
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(Files.readString(file).trim());
            if (bytes.length == KEY_BYTES) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new IOException(
                file
                        + " holds no 256 bit key; restore it, or remove it together with the snapshots that it encrypted");
    }

    @Override
    public char[] encryptAes(char[] value) throws KuraException {
        byte[] iv = new byte[IV_BYTES];
        random.nextBytes(iv);
        try {
            byte[] sealed =
                    cipher(Cipher.ENCRYPT_MODE, iv)
                            .doFinal(new String(value).getBytes(StandardCharsets.UTF_8));
            Base64.Encoder base64 = Base64.getEncoder();
            return (base64.encodeToString(iv) + "-" + base64.encodeToString(sealed)).toCharArray();
        } catch (GeneralSecurityException e) {
            throw new KuraException(KuraErrorCode.ENCODE_ERROR, e, "password");
        }
    }

    @Override
    public char[] decryptAes(char[] encryptedValue) throws KuraException {
        String text = new String(encryptedValue);
        int dash = text.indexOf('-');
        if (dash < 0) {
            throw new KuraException(
                    KuraErrorCode.DECODER_ERROR, "value is not encrypted by this gateway");
        }
        try {
            Base64.Decoder base64 = Base64.getDecoder();
            byte[] iv = base64.decode(text.substring(0, dash));
            byte[] sealed = base64.decode(text.substring(dash + 1));
            if (iv.length != IV_BYTES || sealed.length < TAG_BITS / Byte.SIZE) {
                throw new KuraException(
                        KuraErrorCode.DECODER_ERROR, "value is not encrypted by this gateway");
            }
            byte[] clear = cipher(Cipher.DECRYPT_MODE, iv).doFinal(sealed);
            return new String(clear, StandardCharsets.UTF_8).toCharArray();
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new KuraException(
                    KuraErrorCode.DECODER_ERROR, e, "value is not encrypted by this gateway");
        }
    }

    private Cipher cipher(int mode, byte[] iv) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, iv));
        return cipher;
    }

    @Override
    @Deprecated
    public String encryptAes(String value) {
        try {
            return new String(encryptAes(value.toCharArray()));
        } catch (KuraException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    @Deprecated
    public String decryptAes(String encryptedValue) throws IOException {
        try {
            return new String(decryptAes(encryptedValue.toCharArray()));
        } catch (KuraException e) {
            throw new IOException(e);
        }
    }

    @Override
    public String encodeBase64(String stringValue) {
        return Base64.getEncoder().encodeToString(stringValue.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String decodeBase64(String encodedValue) {
        return new String(Base64.getDecoder().decode(encodedValue), StandardCharsets.UTF_8);
    }

    @Override
    public String hash(String s, String algorithm) throws NoSuchAlgorithmException {
        return HexFormat.of()
                .formatHex(
                        MessageDigest.getInstance(algorithm)
                                .digest(s.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public boolean isFrameworkSecure() {
        return false;
    }

    @Override
    public synchronized char[] getKeyStorePassword(String keyStorePath) {
        try {
            String encrypted = keystores().getProperty(keyStorePath);
            return encrypted == null
                    ? DEFAULT_KEYSTORE_PASSWORD.toCharArray()
                    : decryptAes(encrypted.toCharArray());
        } catch (IOException | KuraException e) {
            throw new IllegalStateException(
                    "the password of " + keyStorePath + " cannot be read", e);
        }
    }

    @Override
    public synchronized void setKeyStorePassword(String keyStorePath, char[] password)
            throws KuraException {
        try {
            Properties keystores = keystores();
            keystores.setProperty(keyStorePath, new String(encryptAes(password)));
            PrivateFiles.store(keystorePasswords, keystores);
        } catch (IOException e) {
            throw new KuraException(KuraErrorCode.IO_ERROR, e, keystorePasswords.toString());
        }
    }

    @Override
    @Deprecated
    public void setKeyStorePassword(String keyStorePath, String password) throws IOException {
        try {
            setKeyStorePassword(keyStorePath, password.toCharArray());
        } catch (KuraException e) {
            throw new IOException(e);
        }
    }

    private Properties keystores() throws IOException {
        Properties keystores = new Properties();
        if (Files.exists(keystorePasswords)) {
            try (var in = Files.newInputStream(keystorePasswords)) {
                keystores.load(in);
            }
        }
        return keystores;
    }
}
