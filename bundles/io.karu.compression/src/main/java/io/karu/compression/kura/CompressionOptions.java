package io.karu.compression.kura;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The form of {@link CompressionComponent} in Kura. */
@ObjectClassDefinition(
        id = CompressionComponent.PID,
        name = "Karu compression",
        description =
                "Makes models smaller and faster on this gateway, on frames of its own line, while the stations go on inspecting. Nothing but numbers leaves.")
@interface CompressionOptions {
    @AttributeDefinition(
            name = "Compress now",
            description =
                    "A model to compress: name, name@alias or name#digest. Another text starts a job; empty starts none. The result is stored and decides nothing until it is activated.",
            required = false)
    String request() default "";

    @AttributeDefinition(
            name = "Budget",
            description =
                    "Part of the golden frames that the compressed model may decide otherwise, 0 to 0.5.",
            min = "0",
            max = "0.5")
    double budget() default 0.01;

    @AttributeDefinition(
            name = "Frames",
            description =
                    "Accepted frames that are kept for each model, 8 to 1000, and half as many others. Half of the accepted ones calibrate, the others judge.",
            min = "8",
            max = "1000")
    int frames() default 64;

    @AttributeDefinition(
            name = "Disk",
            description = "Megabytes that these frames may use in all, 1 to 10000.",
            min = "1",
            max = "10000")
    int frames_megabytes() default 128;

    @AttributeDefinition(
            name = "Cores",
            description = "Cores that a job may use, 1 to 64, after everything else.",
            min = "1",
            max = "64")
    int worker_cores() default 1;

    @AttributeDefinition(
            name = "Memory",
            description =
                    "Megabytes that a job may use, 256 to 65536. One that needs more is ended.",
            min = "256",
            max = "65536")
    int worker_megabytes() default 1024;

    @AttributeDefinition(
            name = "Deadline",
            description = "Minutes after which a job is ended, 1 to 1440.",
            min = "1",
            max = "1440")
    int worker_minutes() default 60;
}
