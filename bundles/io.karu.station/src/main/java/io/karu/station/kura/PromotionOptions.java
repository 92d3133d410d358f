package io.karu.station.kura;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The form of {@link PromotionComponent} in Kura. */
@ObjectClassDefinition(
        id = PromotionComponent.PID,
        name = "Karu promotion",
        description =
                "When a challenger that runs in the shadow becomes champion by itself. It is also promoted by hand, at any time.")
@interface PromotionOptions {
    @AttributeDefinition(
            name = "By rule",
            description =
                    "Whether a challenger that keeps all bounds below is promoted. Otherwise by hand only.")
    boolean rule() default false;

    @AttributeDefinition(
            name = "Frames",
            description = "Frames that all stations together must have compared.",
            min = "1",
            max = "1000000000")
    int frames() default 1000;

    @AttributeDefinition(
            name = "Agreement",
            description = "At least this share of them is decided alike, 0 to 1.",
            min = "0",
            max = "1")
    double agreement() default 0.99;

    @AttributeDefinition(
            name = "Missed",
            description =
                    "At most this share of them is rejected by the champion and accepted by the challenger, 0 to 1.",
            min = "0",
            max = "1")
    double missed() default 0;

    @AttributeDefinition(
            name = "Latency",
            description = "At most this many times the champion's p99, 0.1 to 100.",
            min = "0.1",
            max = "100")
    double latency() default 1.5;
}
