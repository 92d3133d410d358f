package io.karu.bench.swap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.karu.testbed.RestClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Counts frames from outside: a program of its own that knows only the list of numbered frames
 * offered to a station and what the aggregator's table says of it.
 *
 * <p>Lost: offered, and not in the table. Duplicated: a gateway numbers what it journals without
 * gaps and publishes all of it, and the table keeps the first verdict of a frame; so each number
 * missing between the first and last of the table is a second verdict of some frame. Unknown: in
 * the table, never offered.
 */
public final class FrameCount {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PAGE = 500;

    private FrameCount() {}

    /**
     * Prints {@code {"offered","verdicts","lost","duplicated","unknown","lostFrames":[…]}}.
     *
     * @param arguments base address of the aggregator, file with its API token, gateway, file with
     *     one offered frame a line
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 4) {
            System.err.println("usage: FrameCount BASE TOKEN_FILE GATEWAY OFFERED_FILE");
            System.exit(2);
        }
        RestClient rest =
                new RestClient(arguments[0], Files.readString(Path.of(arguments[1])).trim());
        System.out.println(count(rest, arguments[2], Files.readAllLines(Path.of(arguments[3]))));
    }

    private static ObjectNode count(RestClient rest, String gateway, List<String> offeredLines)
            throws IOException, InterruptedException {
        Set<String> lost = new TreeSet<>(offeredLines);
        int offered = lost.size();
        Set<String> known = new HashSet<>(lost);
        TreeSet<Long> sequences = new TreeSet<>();
        int unknown = 0;
        int rows = 0;
        long before = Long.MAX_VALUE;
        while (true) {
            JsonNode page =
                    rest.get(
                                    "/api/v1/verdicts?gateway="
                                            + gateway
                                            + "&limit="
                                            + PAGE
                                            + "&before="
                                            + before)
                            .path("verdicts");
            for (JsonNode verdict : page) {
                rows++;
                before = Math.min(before, verdict.path("id").asLong());
                sequences.add(verdict.path("sequence").asLong());
                String frame = verdict.path("frame").asText();
                lost.remove(frame);
                unknown += known.contains(frame) ? 0 : 1;
            }
            if (page.size() < PAGE) {
                break;
            }
        }
        long span = sequences.isEmpty() ? 0 : sequences.last() - sequences.first() + 1;
        ObjectNode result = JSON.createObjectNode();
        result.put("offered", offered).put("verdicts", rows).put("lost", lost.size());
        result.put("duplicated", span - sequences.size() + (rows - sequences.size()))
                .put("unknown", unknown);
        lost.stream().limit(20).forEach(result.withArray("lostFrames")::add);
        return result;
    }
}
