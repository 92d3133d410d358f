package io.karu.station.kura;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The form of {@link StationComponent} in Kura. */
@ObjectClassDefinition(
        id = StationComponent.PID,
        name = "Karu station",
        description =
                "One inspection point: takes images from a folder or by HTTP POST, runs a model on them, decides and tells. The model says what it does: compare with a template, tell classes apart, find defects, or find what is unlike good parts.")
@interface StationOptions {
    @AttributeDefinition(
            name = "Image source",
            description =
                    "folder: images named <id>_test.jpg (png, bmp) are taken from the folder below, oldest name first. post: images come by HTTP POST or from a Karu trigger.",
            options = {
                @Option(label = "folder", value = "folder"),
                @Option(label = "post", value = "post")
            })
    String source() default "folder";

    @AttributeDefinition(
            name = "Source folder",
            description =
                    "Absolute path of the folder to watch. Writers should rename files into place when whole.",
            required = false)
    String source_folder() default "";

    @AttributeDefinition(
            name = "Template",
            description =
                    "pair: each image has its own template <id>_temp.<ext> beside it (or posted with it). file: one template image for all. none: the model needs none; then images are named <id>.jpg or <id>_test.jpg.",
            options = {
                @Option(label = "pair", value = "pair"),
                @Option(label = "file", value = "file"),
                @Option(label = "none", value = "none")
            })
    String source_template() default "pair";

    @AttributeDefinition(
            name = "Template image",
            description =
                    "Absolute path of the template image, when the template is a file. It is read again when it changes.",
            required = false)
    String source_template_path() default "";

    @AttributeDefinition(
            name = "Files after their verdict",
            description =
                    "delete them, or move them to the folder \"done\" inside the source folder.",
            options = {
                @Option(label = "delete", value = "delete"),
                @Option(label = "move", value = "move")
            })
    String source_after() default "delete";

    @AttributeDefinition(
            name = "Model",
            description =
                    "name (its champion), name@alias, or name#digest (at least 12 digits) for a fixed version.")
    String model() default "golden-template";

    @AttributeDefinition(
            name = "Threshold",
            description =
                    "Score from which a part is suspicious or a difference is a defect, 0 to 1; -1 takes the model's own.",
            min = "-1",
            max = "1")
    double threshold() default -1;

    @AttributeDefinition(
            name = "Product",
            description =
                    "For a model of several products: whose threshold of the model applies. Empty takes the model's common one.",
            required = false)
    String product() default "";

    @AttributeDefinition(
            name = "Classes that reject",
            description =
                    "Classes that speak against a part, with commas. Empty takes those that the model says.",
            required = false)
    String reject_labels() default "";

    @AttributeDefinition(
            name = "Defects that reject",
            description = "A part with at least this many defects is rejected.",
            min = "1",
            max = "1000")
    int reject_min_findings() default 1;

    @AttributeDefinition(
            name = "Review margin",
            description = "Scores this close to the threshold are for a person (REVIEW), 0 to 0.5.",
            min = "0",
            max = "0.5")
    double review_margin() default 0;

    @AttributeDefinition(
            name = "When the line is too fast",
            description =
                    "wait: frames wait in their source, pushed images are refused for a while. skip: the oldest frames get no verdict, and are counted. review: the oldest frames are for a person, not inspected.",
            options = {
                @Option(label = "wait", value = "wait"),
                @Option(label = "skip", value = "skip"),
                @Option(label = "review", value = "review")
            })
    String queue_policy() default "wait";

    @AttributeDefinition(
            name = "Frames that may wait",
            description = "Beyond this many the line is too fast, 1 to 1000.",
            min = "1",
            max = "1000")
    int queue_size() default 8;

    @AttributeDefinition(
            name = "Publish",
            description =
                    "Verdicts that leave the gateway. Rejects and reviews always do; of the accepted: all, none (rejects), or one of several (sampled).",
            options = {
                @Option(label = "all", value = "all"),
                @Option(label = "rejects", value = "rejects"),
                @Option(label = "sampled", value = "sampled")
            })
    String publish() default "all";

    @AttributeDefinition(
            name = "One of how many accepted",
            description = "For sampled publishing: one of this many accepted verdicts leaves.",
            min = "1",
            max = "1000000")
    int publish_sample() default 10;

    @AttributeDefinition(
            name = "Keep images",
            description =
                    "Frames whose images stay in the gateway's spool: all, rejects and reviews, or none.",
            options = {
                @Option(label = "all", value = "all"),
                @Option(label = "rejects", value = "rejects"),
                @Option(label = "none", value = "none")
            })
    String keep_images() default "rejects";

    @AttributeDefinition(
            name = "Share of a challenger",
            description =
                    "Share of one processor that a challenger of the model may take to judge the same frames in the shadow, 0 to 1. It decides nothing and yields first. 0: none runs here.",
            min = "0",
            max = "1")
    double shadow_share() default 0.2;
}
