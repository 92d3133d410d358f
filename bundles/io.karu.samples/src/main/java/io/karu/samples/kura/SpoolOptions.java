package io.karu.samples.kura;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The form of {@link SpoolComponent} in Kura. */
@ObjectClassDefinition(
        id = SpoolComponent.PID,
        name = "Karu samples",
        description =
                "Keeps images of inspected parts on this gateway, with the reason. The oldest leave first.")
@interface SpoolOptions {
    @AttributeDefinition(
            name = "Size",
            description = "Megabytes of disk that images may use, 16 to 1000000.",
            min = "16",
            max = "1000000")
    int bound_megabytes() default 1024;

    @AttributeDefinition(
            name = "Age",
            description = "Hours after which an image leaves, 1 to 87600.",
            min = "1",
            max = "87600")
    int bound_hours() default 720;
}
