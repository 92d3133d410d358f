package io.karu.aggregator.verdict;

import io.karu.aggregator.evidence.EvidenceReport;
import io.karu.aggregator.evidence.EvidenceStore;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.store.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** Writes what is new of several messages within one transaction: one statement of each kind. */
final class VerdictWriter {
    private final Handle handle;

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

    /** The verdicts that were new, with their numbers: the first of each station and frame. */
    List<StoredVerdict> verdicts(List<Batch> batches) {
        Map<Frame, StoredVerdict> first = new LinkedHashMap<>();
        for (Batch batch : batches) {
            batch.verdicts().forEach(verdict -> first.putIfAbsent(Frame.of(verdict), verdict));
        }
        first.keySet().removeAll(known(first.keySet()));
        return first.isEmpty() ? List.of() : insert(List.copyOf(first.values()));
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

    private List<StoredVerdict> insert(List<StoredVerdict> verdicts) {
        PreparedBatch insert =
                handle.prepareBatch(
                        """
                        insert into verdict (account, client_id, station, frame, sequence, captured_at, decided_at,
                            received_at, decision, reason, score, findings, model, model_name, image, heat_map, timing_micros)
                        values (:account, :clientId, :station, :frame, :sequence, :capturedAt, :decidedAt,
                            :receivedAt, :decision, :reason, :score, :findings, :model, :modelName, :image, :heatMap, :timing)
                        """);
        for (StoredVerdict v : verdicts) {
            insert.bind("account", v.gateway().account())
                    .bind("clientId", v.gateway().clientId())
                    .bind("station", v.station())
                    .bind("frame", v.frame())
                    .bind("sequence", v.sequence())
                    .bind("capturedAt", v.capturedAt())
                    .bind("decidedAt", v.decidedAt())
                    .bind("receivedAt", v.receivedAt())
                    .bind("decision", v.decision())
                    .bind("reason", v.reason())
                    .bind("score", v.score())
                    .bind("findings", Json.write(v.findings()))
                    .bindByType("model", v.model().orElse(null), String.class)
                    .bindByType("modelName", v.modelName().orElse(null), String.class)
                    .bindByType("image", v.image().orElse(null), String.class)
                    .bindByType("heatMap", v.heatMap().orElse(null), String.class)
                    .bind("timing", Json.write(new TreeMap<>(v.timingMicros())))
                    .add();
        }
        Iterator<Long> numbers =
                insert.executePreparedBatch("id").mapTo(Long.class).list().iterator();
        return verdicts.stream().map(verdict -> verdict.numbered(numbers.next())).toList();
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
