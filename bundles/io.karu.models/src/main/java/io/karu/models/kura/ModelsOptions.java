package io.karu.models.kura;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The form of {@link ModelsComponent} in Kura. */
@ObjectClassDefinition(
        id = ModelsComponent.PID,
        name = "Karu models",
        description =
                "Keeps the models that decide on this gateway. Models arrive as packages; which version decides is set by the aggregator.")
@interface ModelsOptions {
    @AttributeDefinition(
            name = "Threads per inference",
            description =
                    "Threads that one inference may use, 1 to 64. More than one pays only for large models.",
            min = "1",
            max = "64")
    int session_threads() default 1;

    @AttributeDefinition(
            name = "Spinning",
            description =
                    "Whether idle inference threads keep a core busy to react faster. Only where cores are reserved for inspection.")
    boolean session_spinning() default false;

    @AttributeDefinition(
            name = "Store size",
            description =
                    "Megabytes of disk that model versions may use, 16 to 100000. Versions in use and the last good ones are always kept.",
            min = "16",
            max = "100000")
    int store_megabytes() default 1024;

    @AttributeDefinition(
            name = "Trust anchors",
            description =
                    "Public keys in PEM, one after the other. Once set, only models that one of these keys signed may decide, and the keys change only by a trust statement. Empty: unsigned models may decide.",
            required = false)
    String trust_anchors() default "";

    @AttributeDefinition(
            name = "Trust statement",
            description =
                    "Signed statement in JSON, or an array of them, that replaces the trust anchors; made by the aggregator when its key changes.",
            required = false)
    String trust_statement() default "";
}
