package io.karu.page;

import io.karu.api.inspection.Station;
import io.karu.api.sample.SampleSpool;
import io.karu.api.uplink.VerdictJournal;
import java.util.Map;
import java.util.Optional;

/** What the page shows and changes; services come and go, so it is asked each time. */
public interface Gateway {
    /** Running stations by their name. */
    Map<String, Station> stations();

    Optional<VerdictJournal> journal();

    Optional<SampleSpool> spool();
}
