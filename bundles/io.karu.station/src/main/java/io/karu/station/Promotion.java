package io.karu.station;

import io.karu.api.evidence.Evidence;
import io.karu.api.evidence.EvidenceSource;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.Models;
import io.karu.api.uplink.HealthCheck;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a challenger the champion when it keeps the rule at all stations together, and says how far
 * it is. Without a rule it only says so. A promotion that fails is not tried again for this
 * challenger and champion.
 */
public final class Promotion implements HealthCheck, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Promotion.class);
    private static final long CLOSE_SECONDS = 60;

    private final List<EvidenceSource> sources = new CopyOnWriteArrayList<>();
    private final Map<String, String> refusedPairs = new HashMap<>();
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(
                    work -> {
                        Thread made = new Thread(work, "karu-promotion");
                        made.setDaemon(true);
                        return made;
                    });
    private volatile PromotionRule rule = PromotionRule.parse(Map.of());
    private volatile Models models;
    private volatile String misconfigured;
    private volatile List<Result> results = List.of();

    /** Looks at the evidence again and again. */
    public Promotion(long everyMillis) {
        thread.scheduleWithFixedDelay(this::look, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
    }

    /** Takes a configuration; a bad one is refused, the last good stays. */
    public void configure(Map<String, ?> properties) {
        try {
            rule = PromotionRule.parse(properties);
            misconfigured = null;
        } catch (IllegalArgumentException e) {
            misconfigured = e.getMessage() + "; the last good configuration stays in use";
            LOG.error("promotion: {}", misconfigured);
        }
    }

    /** The models; null when they are not there. */
    public void setModels(Models service) {
        models = service;
    }

    public void addSource(EvidenceSource source) {
        sources.add(source);
    }

    public void removeSource(EvidenceSource source) {
        sources.remove(source);
    }

    @Override
    public List<Result> check() {
        String problem = misconfigured;
        if (problem == null) {
            return results;
        }
        List<Result> all = new ArrayList<>(results);
        all.add(new Result("promotion.configuration", false, problem));
        return all;
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("a promotion did not end within {} s", CLOSE_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            Models service = models;
            results = service == null ? List.of() : look(service);
        } catch (RuntimeException | LinkageError e) {
            LOG.warn("looking at the evidence failed, trying again", e);
        }
    }

    private List<Result> look(Models service) {
        Map<String, ModelStatus> champions = meant(service, ModelRef.CHAMPION);
        List<Result> told = new ArrayList<>();
        meant(service, ModelRef.CHALLENGER)
                .forEach(
                        (name, challenger) -> {
                            ModelStatus champion = champions.get(name);
                            if (champion != null) {
                                told.add(look(service, champion, challenger));
                            }
                        });
        return List.copyOf(told);
    }

    private static Map<String, ModelStatus> meant(Models service, String alias) {
        Map<String, ModelStatus> meant = new TreeMap<>();
        service.status().stream()
                .filter(status -> status.aliases().contains(alias))
                .forEach(status -> meant.put(status.name(), status));
        return meant;
    }

    private Result look(Models service, ModelStatus champion, ModelStatus challenger) {
        String name = challenger.name();
        String check = "promotion." + name;
        String who = challenger.version() + " (" + challenger.digest().abbreviated() + ")";
        if (challenger.state() != ModelStatus.State.ACTIVE) {
            return new Result(
                    check, true, who + " does not run: " + challenger.reason().orElse("it waits"));
        }
        PromotionRule.Outcome outcome =
                rule.judge(evidence(challenger.digest(), champion.digest()));
        String pair = champion.digest() + " " + challenger.digest();
        if (rule.enabled() && outcome.kept() && !refusedPairs.containsKey(pair)) {
            promote(service, challenger, pair, outcome);
        }
        Optional<String> refused = Optional.ofNullable(refusedPairs.get(pair));
        return new Result(
                check,
                refused.isEmpty(),
                who
                        + " in the shadow: "
                        + outcome.reason()
                        + refused.map(why -> "; it was not promoted: " + why)
                                .orElse(rule.enabled() ? "" : "; promoted by hand only"));
    }

    private void promote(
            Models service, ModelStatus challenger, String pair, PromotionRule.Outcome outcome) {
        try {
            service.activate(challenger.name(), ModelRef.CHAMPION, challenger.digest());
            LOG.info(
                    "{} {} is promoted by rule: {}",
                    challenger.name(),
                    challenger.version(),
                    outcome.reason());
        } catch (ModelException e) {
            refusedPairs.put(pair, e.getMessage());
            LOG.warn(
                    "{} {} is not promoted: {}",
                    challenger.name(),
                    challenger.version(),
                    e.getMessage());
        }
    }

    private List<Evidence> evidence(Digest challenger, Digest champion) {
        List<Evidence> seen = new ArrayList<>();
        for (EvidenceSource source : sources) {
            source.evidence().stream()
                    .filter(evidence -> evidence.model().digest().equals(challenger))
                    .filter(
                            evidence ->
                                    evidence.comparison()
                                            .filter(c -> c.champion().equals(champion))
                                            .isPresent())
                    .forEach(seen::add);
        }
        return seen;
    }
}
