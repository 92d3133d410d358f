package io.karu.kura;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.karu.kura.Topic.Data;
import io.karu.kura.Topic.Lifecycle;
import io.karu.kura.Topic.Notification;
import io.karu.kura.Topic.Reply;
import io.karu.kura.Topic.Request;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicsTest {

    private final Topics topics = new Topics();

    @Test
    void everyPlaneIsParsedAndFormatted() {
        Map<String, Topic> planes =
                Map.of(
                        "acme/gw01/W1/A1/camera",
                        new Data("acme", "gw01", "W1", List.of("A1", "camera")),
                        "$EDC/acme/gw01/CONF-V2/PUT/configurableComponents/configurations/_update",
                        new Request(
                                "acme",
                                "gw01",
                                "CONF-V2",
                                "PUT",
                                List.of("configurableComponents", "configurations", "_update")),
                        "$EDC/acme/agg1/INVENTORY-V1/REPLY/41",
                        new Reply("acme", "agg1", "INVENTORY-V1", "41"),
                        "$EDC/acme/agg1/DEPLOY-V2/NOTIFY/gw01/download",
                        new Notification("acme", "agg1", "DEPLOY-V2", "gw01", "download"),
                        "$EDC/acme/gw01/MQTT/BIRTH",
                        new Lifecycle("acme", "gw01", Lifecycle.Event.BIRTH));
        planes.forEach(
                (text, topic) -> {
                    assertEquals(Optional.of(topic), topics.parse(text));
                    assertEquals(text, topics.format(topic));
                });
    }

    @Test
    void anUnknownMethodIsStillARequestSinceKuraAnswersIt() {
        assertEquals(
                Optional.of(new Request("acme", "gw01", "DEPLOY-V2", "PATCH", List.of("x"))),
                topics.parse("$EDC/acme/gw01/DEPLOY-V2/PATCH/x"));
    }

    @Test
    void thePrefixIsASetting() {
        Topics other = new Topics("$KAPUA");
        assertEquals(
                "$KAPUA/acme/gw01/DEPLOY-V2/GET/packages",
                other.request("acme", "gw01", "DEPLOY-V2", Method.GET, "packages"));
        assertEquals(
                Optional.of(new Data("$EDC", "acme", "gw01", List.of("MQTT", "DC"))),
                other.parse("$EDC/acme/gw01/MQTT/DC"));
        assertThrows(IllegalArgumentException.class, () -> new Topics("a/b"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "acme",
                "acme/gw01",
                "acme//W1",
                "/acme/gw01/W1",
                "acme/gw01/W1/",
                "$EDC/acme/gw01",
                "$EDC/acme/gw01/MQTT/HELLO",
                "$EDC/acme/gw01/MQTT/BIRTH/more",
                "$EDC/acme/agg1/DEPLOY-V2/REPLY",
                "$EDC/acme/agg1/DEPLOY-V2/REPLY/1/2",
                "$EDC/acme/agg1/DEPLOY-V2/NOTIFY/gw01",
                "acme/+/W1"
            })
    void whatIsNoTopicOfKuraIsNotParsed(String text) {
        assertEquals(Optional.empty(), topics.parse(text));
    }

    @Test
    void aLevelThatWouldChangeTheTopicIsRefused() {
        for (final String id : List.of("a/b", "+", "#", "")) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> topics.request("acme", id, "DEPLOY-V2", Method.GET, "packages"));
        }
        assertEquals("a-b-c-d-e", Topics.clientId("a/b+c#d.e"));
    }

    @Test
    void aRequesterSubscribesToRepliesNotificationsLifecycleAndData() {
        assertEquals(
                List.of(
                        "$EDC/acme/agg1/+/REPLY/+",
                        "$EDC/acme/agg1/+/NOTIFY/#",
                        "$EDC/acme/+/MQTT/+",
                        "acme/+/#"),
                topics.subscriptionsOf("acme", "agg1"));
        assertEquals("$EDC/acme/gw01/#", topics.requestsTo("acme", "gw01"));
    }

    @Test
    void aRequestCarriesItsIdsAsStrings() {
        Payload request = Requests.request(Payload.builder().build(), "41", "agg1");
        assertEquals(Map.of("request.id", "41", "requester.client.id", "agg1"), request.metrics());
        assertEquals(Optional.of("41"), Requests.requestId(request));
        assertEquals(
                Optional.empty(),
                Requests.requestId(Payload.builder().metric("request.id", 41L).build()));
        assertThrows(
                IllegalArgumentException.class,
                () -> Requests.request(Payload.builder().build(), "4/1", "agg1"));
        assertNotEquals(Requests.newRequestId(), Requests.newRequestId());
        Payload reply = Requests.reply(Payload.ofBody(new byte[0]), Requests.NOT_FOUND);
        assertEquals(Optional.of(404), Requests.responseCode(reply));
    }
}
