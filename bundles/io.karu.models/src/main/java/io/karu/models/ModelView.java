package io.karu.models;

import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.ModelStatus.State;
import io.karu.api.uplink.HealthCheck.Result;
import io.karu.modelversion.ModelHeader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiPredicate;

/**
 * What readers see between two pieces of work, immutable.
 *
 * @param failures why a version could not be opened the last time
 * @param refusals bundles whose version was not taken over, by bundle
 */
record ModelView(
        ModelRecord record, Map<Digest, ModelException> failures, Map<String, Refusal> refusals) {

    /**
     * A bundle whose version was not taken over.
     *
     * @param header absent when it cannot be read
     */
    record Refusal(Optional<ModelHeader> header, String reason) {}

    ModelView {
        failures = Map.copyOf(failures);
        refusals = new TreeMap<>(refusals);
    }

    /** Why there is no lease on an alias. */
    ModelException missing(ModelRef reference, String awaited) {
        Optional<ModelRecord.Alias> meaning =
                reference.alias().flatMap(alias -> record.alias(reference.name(), alias));
        if (meaning.isPresent()) {
            return waiting(reference, meaning.get().digest(), awaited);
        }
        boolean stored =
                record.versions().values().stream()
                        .anyMatch(v -> v.name().equals(reference.name()) && v.rejected().isEmpty());
        if (!stored) {
            return new ModelException(
                    Code.NOT_FOUND,
                    "no model named "
                            + reference.name()
                            + " is installed; install a package karu-model-"
                            + reference.name());
        }
        return reference.alias().equals(Optional.of(ModelRef.CHAMPION))
                ? new ModelException(Code.NO_ENGINE, reference + " " + awaited)
                : new ModelException(
                        Code.NOT_FOUND, reference + ": no version has that alias; activate one");
    }

    /** Why a version that is meant is not open. */
    ModelException waiting(ModelRef reference, Digest digest, String awaited) {
        ModelException failure = failures.get(digest);
        return failure == null
                ? new ModelException(Code.NO_ENGINE, reference + " " + awaited)
                : new ModelException(failure.code(), reference + ": " + failure.getMessage());
    }

    /**
     * The one version whose digest begins so. {@code NOT_FOUND}, {@code AMBIGUOUS} or {@code
     * REJECTED_BEFORE}.
     */
    Digest pinned(ModelRef reference, String prefix) throws ModelException {
        List<Digest> fitting =
                record.versions().entrySet().stream()
                        .filter(v -> v.getValue().name().equals(reference.name()))
                        .map(Map.Entry::getKey)
                        .filter(digest -> digest.hex().startsWith(prefix))
                        .toList();
        if (fitting.isEmpty()) {
            throw new ModelException(
                    Code.NOT_FOUND, reference + " is not in the store; install its package");
        }
        if (fitting.size() > 1) {
            throw new ModelException(
                    Code.AMBIGUOUS,
                    reference + " fits " + fitting.size() + " versions; give more digits");
        }
        Optional<String> rejected = record.versions().get(fitting.get(0)).rejected();
        if (rejected.isPresent()) {
            throw new ModelException(
                    Code.REJECTED_BEFORE, reference + " stays off: " + rejected.get());
        }
        return fitting.get(0);
    }

    /** Every version of the record and of refused bundles, by name. */
    List<ModelStatus> status(BiPredicate<ModelRef, Digest> isOpen, String awaited) {
        List<ModelStatus> list = new ArrayList<>();
        record.versions()
                .forEach((digest, version) -> list.add(status(digest, version, isOpen, awaited)));
        for (Refusal refusal : refusals.values()) {
            refusal.header()
                    .filter(header -> !record.versions().containsKey(header.digest()))
                    .ifPresent(header -> list.add(status(header, refusal)));
        }
        list.sort(Comparator.comparing(ModelStatus::name));
        return list;
    }

    private ModelStatus status(ModelHeader header, Refusal refusal) {
        return new ModelStatus(
                header.name(),
                header.version(),
                header.digest(),
                List.of(),
                State.REJECTED,
                record.generation(header.name()),
                Optional.of(refusal.reason()));
    }

    private ModelStatus status(
            Digest digest,
            ModelRecord.Version version,
            BiPredicate<ModelRef, Digest> isOpen,
            String awaited) {
        List<String> aliases = record.aliasesOf(digest, version.name());
        boolean active =
                aliases.stream()
                        .anyMatch(
                                a ->
                                        isOpen.test(
                                                new ModelRef(version.name(), new ModelRef.Alias(a)),
                                                digest));
        Optional<String> failure =
                Optional.ofNullable(failures.get(digest)).map(Throwable::getMessage);
        State state;
        Optional<String> reason;
        if (version.rejected().isPresent()) {
            state = State.REJECTED;
            reason = version.rejected();
        } else if (active) {
            state = State.ACTIVE;
            reason = Optional.empty();
        } else if (!aliases.isEmpty()) {
            state = State.WAITING;
            reason = Optional.of(failure.orElse(awaited));
        } else {
            state = record.lastGood().contains(digest) ? State.LAST_GOOD : State.STORED;
            reason = failure;
        }
        return new ModelStatus(
                version.name(),
                version.version(),
                digest,
                aliases,
                state,
                record.generation(version.name()),
                reason);
    }

    /** One result a name, and one for each bundle whose header cannot be read. */
    List<Result> check(BiPredicate<ModelRef, Digest> isOpen, String awaited) {
        Map<String, List<ModelStatus>> byName = new TreeMap<>();
        status(isOpen, awaited)
                .forEach(s -> byName.computeIfAbsent(s.name(), n -> new ArrayList<>()).add(s));
        List<Result> results = new ArrayList<>();
        byName.forEach((name, versions) -> results.add(check("models." + name, versions, awaited)));
        refusals.forEach(
                (origin, refusal) -> {
                    if (refusal.header().isEmpty()) {
                        results.add(new Result("models." + origin, false, refusal.reason()));
                    }
                });
        if (results.isEmpty()) {
            results.add(new Result("models", true, "no model is installed"));
        }
        return results;
    }

    private static Result check(String check, List<ModelStatus> versions, String awaited) {
        for (ModelStatus version : versions) {
            if (version.aliases().contains(ModelRef.CHAMPION)) {
                String what = what(version) + " is champion";
                return version.state() == State.ACTIVE
                        ? new Result(check, true, what)
                        : new Result(
                                check,
                                false,
                                what + " but cannot run: " + version.reason().orElse(awaited));
            }
        }
        ModelStatus newest = versions.get(versions.size() - 1);
        return new Result(
                check,
                false,
                "no version is champion; " + what(newest) + ": " + newest.reason().orElse(awaited));
    }

    private static String what(ModelStatus version) {
        return version.name()
                + " "
                + version.version()
                + " ("
                + version.digest().abbreviated()
                + ")";
    }
}
