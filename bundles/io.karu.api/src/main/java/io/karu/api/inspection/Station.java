package io.karu.api.inspection;

import org.osgi.annotation.versioning.ProviderType;

/** A running station, registered as an OSGi service with its {@code kura.service.pid}. */
@ProviderType
public interface Station {
    StationStatus status();

    /**
     * Offers a pushed image (HTTP POST). Returns when its verdict is journaled.
     *
     * @throws StationBusyException when the queue is full or the station waits for something; try
     *     again after the given time
     */
    Verdict inspect(Frame frame) throws StationBusyException, InterruptedException;
}
