package io.karu.page.kura;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The page's form in Kura's web admin. */
@ObjectClassDefinition(
        id = PageComponent.PID,
        name = "Karu operator's page",
        description =
                "Live verdicts under /karu on this gateway. Identities need Kura's permission rest.inspection.")
@interface PageDefinition {
    @AttributeDefinition(
            name = "Largest image (MB)",
            description = "Largest image that may be posted to a station, 1 to 64.",
            min = "1",
            max = "64")
    int image_megabytes() default 16;

    @AttributeDefinition(
            name = "Memory for recent images (MB)",
            description =
                    "Images of verdicts that the station does not keep stay visible for a while, 1 to 256.",
            min = "1",
            max = "256")
    int cache_megabytes() default 8;
}
