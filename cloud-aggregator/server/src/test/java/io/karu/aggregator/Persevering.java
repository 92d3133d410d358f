package io.karu.aggregator;

import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * Connects as a gateway does: what breaks on the way is tried again for two minutes, what one side
 * refuses (a CONNACK that says so, a certificate) is not.
 */
public final class Persevering {
    private static final Duration DEADLINE = Duration.ofMinutes(2);
    private static final long PAUSE_MILLIS = 200;

    private Persevering() {}

    static void connect(Mqtt3BlockingClient client) throws Exception {
        connect(client::connect);
    }

    public static void connect(Mqtt3AsyncClient client) throws Exception {
        connect(() -> client.connect().get(DEADLINE.toSeconds(), TimeUnit.SECONDS));
    }

    /** Repeats an attempt to connect. */
    public static <T> T connect(Callable<T> attempt) throws Exception {
        Instant deadline = Instant.now().plus(DEADLINE);
        while (true) {
            try {
                return attempt.call();
            } catch (Exception e) {
                if (refused(e) || Instant.now().isAfter(deadline)) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        }
    }

    /** Whether one side told the other no; false when the connection was lost before. */
    static boolean refused(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            boolean alert =
                    cause instanceof SSLException
                            && String.valueOf(cause.getMessage()).contains("alert");
            if (alert
                    || cause instanceof CertificateException
                    || cause instanceof Mqtt3ConnAckException
                    || cause instanceof Mqtt5ConnAckException) {
                return true;
            }
        }
        return false;
    }
}
