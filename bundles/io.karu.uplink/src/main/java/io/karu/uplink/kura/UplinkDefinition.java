package io.karu.uplink.kura;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.AttributeType;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The uplink's form in Kura's web admin. */
@ObjectClassDefinition(
        id = Uplink.PID,
        name = "Karu uplink",
        description =
                "What leaves this gateway: verdicts over MQTT, images over HTTP within a budget.")
@interface UplinkDefinition {
    @AttributeDefinition(
            name = "Publisher of verdicts",
            description =
                    "The cloud publisher that carries verdicts: application id KARU-V1, topic verdicts, QoS 1, priority 3.")
    String CloudPublisher_target() default "(kura.service.pid=karu-verdicts)";

    @AttributeDefinition(
            name = "Journal size (MB)",
            description =
                    "Most space for verdicts on the disk, 1 to 4096. When it is used up, the oldest entries go, also those"
                            + " that the cloud does not have yet; they are counted.",
            min = "1",
            max = "4096")
    int journal_megabytes() default 64;

    @AttributeDefinition(
            name = "Aggregator address",
            description =
                    "Where images are sent, for instance https://karu.example.org:8443. Empty: images stay here.",
            required = false)
    String aggregator_url() default "";

    @AttributeDefinition(
            name = "Aggregator token",
            description = "Given by the aggregator for this gateway.",
            type = AttributeType.PASSWORD,
            required = false)
    String aggregator_token() default "";

    @AttributeDefinition(
            name = "TLS",
            description =
                    "The SSL manager whose trust is used for https. Leave the default to use the Java runtime's trust.",
            required = false)
    String SslManagerService_target() default Uplink.NO_SSL_MANAGER;

    @AttributeDefinition(
            name = "Images sent",
            description = "Which images and heat maps are sent without being asked for.",
            options = {
                @Option(label = "Of rejected parts and parts to review", value = "suspects"),
                @Option(label = "All", value = "all"),
                @Option(label = "Only those a person asks for", value = "requested")
            })
    String images() default "suspects";

    @AttributeDefinition(
            name = "Image budget (MB per hour)",
            description = "Most image bytes sent in any hour, 1 to 1000000.",
            min = "1",
            max = "1000000")
    int images_megabytes_per_hour() default 500;

    @AttributeDefinition(
            name = "Evidence interval (s)",
            description =
                    "How often the counts of each model version are sent while they change, 5 to 3600.",
            min = "5",
            max = "3600")
    int evidence_seconds() default 60;
}
