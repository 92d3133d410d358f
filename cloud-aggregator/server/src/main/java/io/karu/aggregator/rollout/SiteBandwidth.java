package io.karu.aggregator.rollout;

import io.karu.aggregator.deployment.DeploymentService;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.fleet.FleetService;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Holds the downloads of a rollout's jobs to what each site bears, all gateways together. */
final class SiteBandwidth {
    /** Small enough that a slow download never pauses as long as Kura's read timeout of 6 s. */
    private static final int PORTION = 2048;

    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(4);

    private final RolloutStore store;
    private final DeploymentService deployments;
    private final FleetService fleet;
    private final Map<Line, Pace> paces = new ConcurrentHashMap<>();

    private record Line(long rollout, String site) {}

    SiteBandwidth(RolloutStore store, DeploymentService deployments, FleetService fleet) {
        this.store = store;
        this.deployments = deployments;
        this.fleet = fleet;
    }

    /** The stream of a job's download, as fast as its rollout allows its site. */
    OutputStream limit(long jobId, OutputStream out) {
        Job job = deployments.get(jobId);
        Optional<Rollout> rollout = RolloutOrigin.rollout(job.origin()).flatMap(store::find);
        Optional<Integer> limit =
                rollout.map(Rollout::plan)
                        .flatMap(plan -> Optional.ofNullable(plan.perSite()))
                        .flatMap(site -> Optional.ofNullable(site.bytesPerSecond()));
        if (limit.isEmpty()) {
            return out;
        }
        Pace pace =
                paces.computeIfAbsent(
                        new Line(rollout.get().id(), fleet.get(job.gateway()).site()),
                        line -> new Pace(limit.get()));
        return new FilterOutputStream(out) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                for (int done = 0; done < length; done += PORTION) {
                    int portion = Math.min(PORTION, length - done);
                    pace.take(portion);
                    out.write(bytes, offset + done, portion);
                    out.flush();
                }
            }
        };
    }

    /** Hands out the line's time, one portion after the other. */
    private static final class Pace {
        private final double nanosPerByte;
        private long free = System.nanoTime();

        Pace(int bytesPerSecond) {
            this.nanosPerByte = 1e9 / bytesPerSecond;
        }

        void take(int bytes) throws IOException {
            long wait;
            synchronized (this) {
                long now = System.nanoTime();
                free = Math.max(free, now) + (long) (bytes * nanosPerByte);
                wait = Math.min(free - now, LONGEST_PAUSE_NANOS);
            }
            try {
                TimeUnit.NANOSECONDS.sleep(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("the download was interrupted");
            }
        }
    }
}
