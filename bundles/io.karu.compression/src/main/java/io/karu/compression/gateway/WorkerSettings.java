package io.karu.compression.gateway;

import java.time.Duration;

/**
 * What compression may use of the gateway.
 *
 * @param cores that the worker may use, at least 1
 * @param megabytes of the worker's heap; ONNX Runtime needs about as much again
 * @param deadline when a worker that has not ended is killed
 * @param frames accepted frames that are kept per model
 * @param frameBytes bound of all frames together
 */
public record WorkerSettings(
        int cores, int megabytes, Duration deadline, int frames, long frameBytes) {
    /** Fewest accepted frames that a job begins with: half calibrate, half judge. */
    public static final int FEWEST_FRAMES = 8;

    public WorkerSettings {
        if (cores < 1 || megabytes < 64 || frames < FEWEST_FRAMES || frameBytes < 1) {
            throw new IllegalArgumentException(
                    "at least 1 core, 64 megabytes and "
                            + FEWEST_FRAMES
                            + " frames are needed, was "
                            + cores
                            + ", "
                            + megabytes
                            + ", "
                            + frames);
        }
    }
}
