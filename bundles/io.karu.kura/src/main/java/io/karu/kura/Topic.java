package io.karu.kura;

import java.util.List;
import java.util.Objects;

/** A topic of Kura, taken apart. */
public sealed interface Topic {

    String account();

    /** What a gateway publishes: {@code {account}/{clientId}/{appId}/{resource…}}. */
    record Data(String account, String clientId, String appId, List<String> resource)
            implements Topic {
        public Data {
            Topics.level("account", account);
            Topics.level("clientId", clientId);
            Topics.level("appId", appId);
            resource = Topics.levels("resource", resource);
        }
    }

    /**
     * A request to a gateway: {@code {prefix}/{account}/{clientId}/{appId}/{method}/{resource…}}.
     */
    record Request(
            String account, String clientId, String appId, String method, List<String> resource)
            implements Topic {
        public Request {
            Topics.level("account", account);
            Topics.level("clientId", clientId);
            Topics.level("appId", appId);
            Topics.level("method", method);
            resource = Topics.levels("resource", resource);
        }

        /** The resource as one text, for instance {@code configurableComponents/configurations}. */
        public String path() {
            return String.join("/", resource);
        }
    }

    /**
     * The reply to a request: {@code {prefix}/{account}/{requesterId}/{appId}/REPLY/{requestId}}.
     */
    record Reply(String account, String requesterId, String appId, String requestId)
            implements Topic {
        public Reply {
            Topics.level("account", account);
            Topics.level("requesterId", requesterId);
            Topics.level("appId", appId);
            Topics.level("requestId", requestId);
        }
    }

    /**
     * A later word on a request: {@code
     * {prefix}/{account}/{requesterId}/{appId}/NOTIFY/{clientId}/{type}}.
     */
    record Notification(
            String account, String requesterId, String appId, String clientId, String type)
            implements Topic {
        public Notification {
            Topics.level("account", account);
            Topics.level("requesterId", requesterId);
            Topics.level("appId", appId);
            Topics.level("clientId", clientId);
            Topics.level("type", type);
        }
    }

    /** A gateway comes or goes: {@code {prefix}/{account}/{clientId}/MQTT/{event}}. */
    record Lifecycle(String account, String clientId, Event event) implements Topic {
        public Lifecycle {
            Topics.level("account", account);
            Topics.level("clientId", clientId);
            Objects.requireNonNull(event, "event");
        }

        /** What happened. */
        public enum Event {
            /** Connected, or something that the birth certificate tells has changed. */
            BIRTH,
            /** The applications on the gateway have changed. */
            APPS,
            /** A clean disconnect. */
            DC,
            /** The broker lost the gateway; the payload is raw text. */
            LWT
        }
    }
}
