package io.karu.aggregator.mqtt;

import com.hivemq.extension.sdk.api.packets.connect.ConnackReasonCode;
import io.karu.aggregator.fleet.GatewayId;
import java.util.Objects;

/** What becomes of a client that wants to connect. */
sealed interface Admission {
    /** It is that gateway. */
    record Admitted(GatewayId gateway) implements Admission {
        public Admitted {
            Objects.requireNonNull(gateway, "gateway");
        }
    }

    /**
     * It is not let in.
     *
     * @param reason for the client; MQTT 3.1.1 has no place for it
     */
    record Refused(ConnackReasonCode code, String reason) implements Admission {}

    /** It may come back: nobody had the time to look at its credentials. */
    static Refused busy() {
        return new Refused(
                ConnackReasonCode.SERVER_BUSY,
                "too many clients connect at once; connect again later");
    }

    static Refused notAuthorized(String reason) {
        return new Refused(ConnackReasonCode.NOT_AUTHORIZED, reason);
    }
}
