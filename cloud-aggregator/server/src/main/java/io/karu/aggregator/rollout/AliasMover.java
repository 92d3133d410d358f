package io.karu.aggregator.rollout;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.registry.ModelAlias;
import io.karu.aggregator.registry.ModelAliases;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the registry's alias when a rollout of a model has finished: everywhere after a rollout to
 * the whole fleet, at its sites after one to sites; and back when it is reverted. A rollout to
 * chosen gateways or tags moves none.
 */
public final class AliasMover implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AliasMover.class);
    private static final int MOST = 200;

    private final RolloutService rollouts;
    private final ModelAliases aliases;
    private final EventBus.Subscription subscription;

    public AliasMover(RolloutService rollouts, ModelAliases aliases, EventBus events) {
        this.rollouts = rollouts;
        this.aliases = aliases;
        this.subscription =
                events.subscribe(
                        event -> {
                            if (event instanceof Event.RolloutChanged changed) {
                                follow(changed.rollout());
                            }
                        });
    }

    /** Takes in what finished while nobody listened. */
    public void catchUp() {
        List<Rollout> all = new ArrayList<>(rollouts.list(Optional.empty(), MOST));
        Collections.reverse(all);
        all.forEach(this::follow);
    }

    private void follow(Rollout rollout) {
        if (rollout.endedAt().isEmpty()
                || !(rollout.plan().artefact() instanceof Artefact.Model model)) {
            return;
        }
        for (String site : sites(rollout.plan().targets())) {
            try {
                if (rollout.state() == RolloutState.FINISHED) {
                    move(rollout, model, site);
                } else if (rollout.state() == RolloutState.REVERTED) {
                    moveBack(rollout, model, site);
                }
            } catch (AggregatorException e) {
                LOG.warn(
                        "Rollout {} has ended, but {} was not moved: {}",
                        rollout.id(),
                        model.subject(),
                        e.getMessage());
            }
        }
    }

    private void move(Rollout rollout, Artefact.Model model, String site) {
        boolean movedSince =
                aliases.list(model.name()).stream()
                        .filter(a -> a.alias().equals(model.alias()) && a.site().equals(site))
                        .anyMatch(a -> !a.movedAt().isBefore(rollout.endedAt().get()));
        if (!movedSince) {
            aliases.move(model.name(), model.alias(), site, model.digest(), by(rollout));
        }
    }

    /** To what it meant before this rollout, when nobody has moved it since. */
    private void moveBack(Rollout rollout, Artefact.Model model, String site) {
        List<ModelAlias.Move> moves =
                aliases.history(model.name()).stream()
                        .filter(m -> m.alias().equals(model.alias()) && m.site().equals(site))
                        .toList();
        if (moves.isEmpty() || !moves.get(0).by().equals(by(rollout))) {
            return;
        }
        String who = by(rollout) + ", reverted";
        Optional<String> before =
                moves.size() > 1 ? moves.get(1).digest() : Optional.<String>empty();
        if (before.isPresent()) {
            aliases.move(model.name(), model.alias(), site, before.get(), who);
        } else {
            aliases.remove(model.name(), model.alias(), site, who);
        }
    }

    private static String by(Rollout rollout) {
        return "rollout " + rollout.id();
    }

    private static Set<String> sites(TargetFilter target) {
        if (!target.tags().isEmpty() || !target.gateways().isEmpty()) {
            return Set.of();
        }
        return target.sites().isEmpty() ? Set.of(ModelAlias.EVERYWHERE) : target.sites();
    }

    @Override
    public void close() {
        subscription.close();
    }
}
