package io.karu.aggregator.blob;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.S3ProxyServer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On S3Proxy as its own process. */
class S3ContentTest extends ContentStoreContract {
    @TempDir static Path server;
    @TempDir Path folder;
    private static S3ProxyServer s3;

    @BeforeAll
    static void start() throws Exception {
        Assumptions.assumeTrue(
                S3ProxyServer.installed().isPresent(),
                "S3Proxy was left out of this build: build without -Dkaru.inspection.only");
        s3 = S3ProxyServer.start(server);
    }

    @AfterAll
    static void stop() throws Exception {
        if (s3 != null) {
            s3.close();
        }
    }

    private static S3Settings settings(String bucket, String secret) {
        return new S3Settings(
                s3.endpoint(), "us-east-1", bucket, "plant/", S3ProxyServer.ACCESS_KEY, secret);
    }

    @Override
    ContentStore open() throws Exception {
        return new S3Content(settings(S3ProxyServer.BUCKET, S3ProxyServer.SECRET_KEY), folder);
    }

    @Test
    void aWrongKeyAndAnUnknownBucketStopTheStart() {
        IOException wrong =
                assertThrows(
                        IOException.class,
                        () -> new S3Content(settings(S3ProxyServer.BUCKET, "wrong"), folder));
        assertTrue(wrong.getMessage().contains("cannot be used"), wrong::getMessage);
        assertFalse(wrong.getMessage().contains("wrong"), "no secret in a message");
        assertThrows(
                IOException.class,
                () -> new S3Content(settings("absent", S3ProxyServer.SECRET_KEY), folder));
    }

    @Test
    void settingsNameTheBucketAndNeverTheKeys() {
        String text = settings("karu", S3ProxyServer.SECRET_KEY).below("blobs").toString();
        assertEquals(s3.endpoint() + "/karu/plant/blobs/", text);
    }

    @Test
    void twoStoresInOneBucketDoNotSeeEachOther() throws Exception {
        S3Settings all = settings(S3ProxyServer.BUCKET, S3ProxyServer.SECRET_KEY);
        try (ContentStore blobs = new S3Content(all.below("blobs"), folder.resolve("a"));
                ContentStore packages = new S3Content(all.below("packages"), folder.resolve("b"))) {
            String hex = keep(blobs, random(9, 10));
            assertFalse(packages.holds(hex));
        }
    }
}
