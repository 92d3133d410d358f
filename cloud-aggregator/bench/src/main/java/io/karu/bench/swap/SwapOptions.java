package io.karu.bench.swap;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the command line asked for. */
record SwapOptions(
        double rate,
        int gateways,
        int modelUpgrades,
        int stationUpgrades,
        Duration outage,
        long seed,
        Path home,
        boolean levelOnly,
        int swaps,
        Duration longest) {
    private static final int MODEL_UPGRADES = 20;
    private static final int STATION_UPGRADES = 5;
    private static final int LEVEL_SWAPS = 100;
    private static final int SOAK_SWAPS = 10_000;

    static SwapOptions parse(List<String> words) {
        Map<String, String> given = new HashMap<>();
        boolean quick = false;
        boolean level = false;
        boolean soak = false;
        for (int i = 0; i < words.size(); i++) {
            if (words.get(i).equals("--quick")) {
                quick = true;
            } else if (words.get(i).equals("--level")) {
                level = true;
            } else if (words.get(i).equals("--soak")) {
                soak = true;
            } else if (i + 1 < words.size()
                    && List.of("--rate", "--gateways", "--seed", "--home", "--minutes")
                            .contains(words.get(i))) {
                given.put(words.get(i), words.get(++i));
            } else {
                throw new IllegalArgumentException(
                        words.get(i)
                                + ": expected --rate FRAMES_PER_SECOND, --gateways N, --seed N, --home DIR, --quick, --level (f alone), --soak (f with 10,000 swaps) or --minutes N (ends the soak earlier)");
            }
        }
        return new SwapOptions(
                Double.parseDouble(given.getOrDefault("--rate", "8")),
                Integer.parseInt(given.getOrDefault("--gateways", "2")),
                quick ? 6 : MODEL_UPGRADES,
                quick ? 1 : STATION_UPGRADES,
                Duration.ofSeconds(quick ? 8 : 30),
                Long.parseLong(given.getOrDefault("--seed", "1")),
                Path.of(
                        given.getOrDefault(
                                "--home",
                                System.getenv().getOrDefault("KARU_ROOT", ".")
                                        + "/target/bench-swap")),
                level || soak,
                soak ? SOAK_SWAPS : LEVEL_SWAPS,
                Duration.ofMinutes(Long.parseLong(given.getOrDefault("--minutes", "600"))));
    }
}
