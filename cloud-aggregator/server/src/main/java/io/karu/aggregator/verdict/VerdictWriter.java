package io.karu.aggregator.verdict;

import io.karu.aggregator.evidence.EvidenceReport;
import io.karu.aggregator.evidence.EvidenceStore;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/** Writes what is new of several messages within one transaction: one statement of each kind. */
final class VerdictWriter {
    private static final List<Column> COLUMNS =
            List.of(
                    text("account", verdict -> verdict.gateway().account()),
                    text("client_id", verdict -> verdict.gateway().clientId()),
                    text("station", StoredVerdict::station),
                    text("frame", StoredVerdict::frame),
                    new Column("sequence", "bigint", Long.class, StoredVerdict::sequence),
                    time("captured_at", StoredVerdict::capturedAt),
                    time("decided_at", StoredVerdict::decidedAt),
                    time("received_at", StoredVerdict::receivedAt),
                    text("decision", StoredVerdict::decision),
                    text("reason", StoredVerdict::reason),
                    new Column("score", "double precision", Double.class, StoredVerdict::score),
                    text("findings", verdict -> findings(verdict.findings())),
                    text("model", verdict -> verdict.model().orElse(null)),
                    text("model_name", verdict -> verdict.modelName().orElse(null)),
                    text("image", verdict -> verdict.image().orElse(null)),
                    text("heat_map", verdict -> verdict.heatMap().orElse(null)),
                    text(
                            "timing_micros",
                            verdict -> Json.write(new TreeMap<>(verdict.timingMicros()))));

    /** A column is an array: a statement has few parameters, and its text is always the same. */
    private static final String INSERT =
            "insert into verdict ("
                    + join(Column::name)
                    + ") select * from unnest("
                    + join(column -> "cast(:" + column.name() + " as " + column.type() + " array)")
                    + ") on conflict do nothing";

    private final Handle handle;

    private record Column(
            String name, String type, Class<?> of, Function<StoredVerdict, Object> value) {}

    private record Station(GatewayId gateway, String name) {}

    private record Frame(Station station, String name) {
        static Frame of(StoredVerdict verdict) {
            return new Frame(new Station(verdict.gateway(), verdict.station()), verdict.frame());
        }
    }

    private record EvidenceKey(
            GatewayId gateway, String station, String role, String model, Instant since) {}

    private record Evidence(GatewayId gateway, EvidenceReport report, Instant receivedAt) {}

    VerdictWriter(Handle handle) {
        this.handle = handle;
    }

    private static Column text(String name, Function<StoredVerdict, Object> value) {
        return new Column(name, "varchar", String.class, value);
    }

    private static String findings(List<StoredVerdict.Finding> findings) {
        return findings.isEmpty() ? "[]" : Json.write(findings);
    }

    private static Column time(String name, Function<StoredVerdict, Object> value) {
        return new Column(name, "timestamp with time zone", Instant.class, value);
    }

    private static String join(Function<Column, String> part) {
        return COLUMNS.stream().map(part).collect(Collectors.joining(", "));
    }

    /** The verdicts that were new, with their numbers: the first of each station and frame. */
    List<StoredVerdict> verdicts(List<Batch> batches) {
        Map<Frame, StoredVerdict> first = new LinkedHashMap<>();
        for (Batch batch : batches) {
            batch.verdicts().forEach(verdict -> first.putIfAbsent(Frame.of(verdict), verdict));
        }
        if (first.isEmpty()) {
            return List.of();
        }
        Map<Frame, Long> numbers = insert(first.values());
        List<StoredVerdict> added = new ArrayList<>();
        Set<Frame> rest = new HashSet<>();
        first.forEach(
                (frame, verdict) -> {
                    Long number = numbers.get(frame);
                    if (number == null) {
                        rest.add(frame);
                    } else {
                        added.add(verdict.numbered(number));
                    }
                });
        requireKnown(rest);
        return added;
    }

    /** Nothing is taken for stored because the database left it out for another reason. */
    private void requireKnown(Set<Frame> frames) {
        Set<Frame> missing = new HashSet<>(frames);
        missing.removeAll(known(frames));
        if (!missing.isEmpty()) {
            throw new IllegalStateException(
                    "the database left out " + missing + ", although they are not stored");
        }
    }

    private Set<Frame> known(Set<Frame> frames) {
        Map<Station, List<String>> asked = new HashMap<>();
        frames.forEach(
                frame ->
                        asked.computeIfAbsent(frame.station(), station -> new ArrayList<>())
                                .add(frame.name()));
        Set<Frame> known = new HashSet<>();
        asked.forEach(
                (station, names) ->
                        handle.createQuery(
                                        """
                                        select v.frame from unnest(cast(:frames as varchar array)) as n (frame)
                                        join verdict v on v.account = :account and v.client_id = :clientId
                                            and v.station = :station and v.frame = n.frame
                                        """)
                                .bind("account", station.gateway().account())
                                .bind("clientId", station.gateway().clientId())
                                .bind("station", station.name())
                                .bindArray("frames", String.class, names)
                                .mapTo(String.class)
                                .forEach(name -> known.add(new Frame(station, name))));
        return known;
    }

    private Map<Frame, Long> insert(Collection<StoredVerdict> verdicts) {
        Map<Frame, Long> numbers = new HashMap<>();
        try (Update insert = handle.createUpdate(INSERT)) {
            for (Column column : COLUMNS) {
                insert.bindArray(
                        column.name(), column.of(), verdicts.stream().map(column.value()).toList());
            }
            insert.executeAndReturnGeneratedKeys("id", "account", "client_id", "station", "frame")
                    .map(
                            (row, context) -> {
                                GatewayId gateway =
                                        new GatewayId(row.getString(2), row.getString(3));
                                Station station = new Station(gateway, row.getString(4));
                                return numbers.put(
                                        new Frame(station, row.getString(5)), row.getLong(1));
                            })
                    .list();
        }
        return numbers;
    }

    /** The overrules that were new. */
    List<Overrule> overrules(List<Batch> batches) {
        List<Overrule> added = new ArrayList<>();
        for (Batch batch : batches) {
            batch.overrules().stream().filter(this::insert).forEach(added::add);
        }
        return added;
    }

    private boolean insert(Overrule o) {
        return handle.createUpdate(
                                """
                                merge into overrule using (values (cast(:account as varchar), cast(:clientId as varchar),
                                        cast(:station as varchar), cast(:frame as varchar), cast(:at as timestamp with time zone)))
                                    as n (account, client_id, station, frame, at)
                                on overrule.account = n.account and overrule.client_id = n.client_id
                                    and overrule.station = n.station and overrule.frame = n.frame and overrule.at = n.at
                                when not matched then insert (account, client_id, station, frame, decision, operator, at, note)
                                values (:account, :clientId, :station, :frame, :decision, :operator, :at, :note)
                                """)
                        .bind("account", o.gateway().account())
                        .bind("clientId", o.gateway().clientId())
                        .bind("station", o.station())
                        .bind("frame", o.frame())
                        .bind("decision", o.decision())
                        .bind("operator", o.operator())
                        .bind("at", o.at())
                        .bind("note", o.note())
                        .execute()
                > 0;
    }

    /** Keeps of each report what was said last. */
    void evidence(List<Batch> batches) {
        Map<EvidenceKey, Evidence> last = new LinkedHashMap<>();
        for (Batch batch : batches) {
            for (EvidenceReport report : batch.evidence()) {
                last.put(
                        new EvidenceKey(
                                batch.gateway(),
                                report.station(),
                                report.role(),
                                report.model(),
                                report.since()),
                        new Evidence(batch.gateway(), report, batch.receivedAt()));
            }
        }
        last.values()
                .forEach(
                        evidence ->
                                EvidenceStore.put(
                                        handle,
                                        evidence.gateway(),
                                        List.of(evidence.report()),
                                        evidence.receivedAt()));
    }
}
