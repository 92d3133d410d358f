package io.karu.gateway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.gateway.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MessageStoreTest {

    @TempDir Path folder;

    @Test
    void lowerPriorityNumbersLeaveFirstAndEqualOnesInTheirOrder() {
        try (MessageStore store = open()) {
            store.add(message("data", 7));
            store.add(message("reply", 1));
            store.add(message("bulk", 7));
            store.add(message("birth", 0));
            assertEquals(List.of("birth", "reply", "data", "bulk"), drain(store));
        }
    }

    @Test
    void whatIsNotConfirmedIsThereAfterReopening() {
        try (MessageStore store = open()) {
            int sent = store.add(message("sent", 3));
            store.add(message("queued", 3));
            int confirmed = store.add(message("confirmed", 3));
            store.sent(sent, 1);
            store.complete(confirmed, 1);
        }
        try (MessageStore store = open()) {
            assertEquals(1, store.requeueInFlight());
            assertEquals(List.of("sent", "queued"), drain(store));
        }
    }

    @Test
    void idsAreNotUsedAgainAfterReopening() {
        int last;
        try (MessageStore store = open()) {
            last = store.add(message("a", 3));
            store.complete(last, 1);
            store.purge(2);
            assertEquals(0, store.size());
        }
        try (MessageStore store = open()) {
            assertTrue(store.add(message("b", 3)) > last);
        }
    }

    @Test
    void completedMessagesCountUntilTheyArePurged() {
        try (MessageStore store = open()) {
            store.complete(store.add(message("a", 3)), 1_000);
            store.add(message("b", 3));
            store.purge(1_000);
            assertEquals(2, store.size(), "purged before its age");
            store.purge(1_001);
            assertEquals(1, store.size());
        }
    }

    @Test
    void droppedMessagesInFlightDoNotComeBack() {
        try (MessageStore store = open()) {
            store.sent(store.add(message("a", 3)), 1);
            assertEquals(1, store.dropInFlight());
            assertEquals(0, store.size());
        }
    }

    @Test
    void anInterruptedPublisherDoesNotHurtTheStore() {
        try (MessageStore store = open()) {
            Thread.currentThread().interrupt();
            store.add(message("interrupted", 3));
            assertTrue(Thread.interrupted(), "the interrupt was swallowed");
            store.add(message("after", 3));
            assertEquals(List.of("interrupted", "after"), drain(store));
        }
    }

    @Test
    void everythingAcceptedSurvivesTheDeathOfTheProcess() throws IOException, InterruptedException {
        Path file = folder.resolve("killed.mv");
        Path log = folder.resolve("accepted.log");
        Process writer =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx64m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Writer.class.getName(),
                                file.toString())
                        .redirectError(folder.resolve("writer.err").toFile())
                        .redirectOutput(log.toFile())
                        .start();
        Await.until("200 messages accepted", Duration.ofSeconds(20), () -> accepted(log) >= 200);
        writer.destroyForcibly();
        assertTrue(writer.waitFor(60, TimeUnit.SECONDS));
        int accepted = accepted(log);
        try (MessageStore store = new MessageStore(file)) {
            List<String> found = drain(store);
            for (int i = 1; i <= accepted; i++) {
                assertEquals("m" + i, found.get(i - 1));
            }
        }
    }

    /** Stores messages and says so, until it is killed. */
    static final class Writer {
        public static void main(String... arguments) {
            MessageStore store = new MessageStore(Path.of(arguments[0]));
            for (int i = 1; i < 1_000_000; i++) {
                store.add(message("m" + i, 3));
                System.out.println(i);
                System.out.flush();
            }
        }
    }

    /** Complete lines only: the last one may have been cut. */
    private static int accepted(Path log) {
        try {
            return (int)
                    Files.readString(log).chars().filter(character -> character == '\n').count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private MessageStore open() {
        return new MessageStore(folder.resolve("messages.mv"));
    }

    static StoredMessage message(String topic, int priority) {
        return new StoredMessage(topic, new byte[] {1, 2, 3}, 1, false, priority);
    }

    private static List<String> drain(MessageStore store) {
        List<String> topics = new ArrayList<>();
        for (Optional<MessageStore.Queued> next = store.next();
                next.isPresent();
                next = store.next()) {
            topics.add(next.get().message().topic());
            store.complete(next.get().id(), 1);
        }
        return topics;
    }
}
