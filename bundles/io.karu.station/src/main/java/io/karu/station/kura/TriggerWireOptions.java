package io.karu.station.kura;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The form of {@link TriggerWire} in Kura. */
@ObjectClassDefinition(
        id = TriggerWire.PID,
        name = "Karu trigger",
        description =
                "Gives images from a wire graph to a station: property image (bytes of a JPEG, PNG or BMP file), and if there is one template (bytes) and frame (name).")
@interface TriggerWireOptions {
    @AttributeDefinition(name = "Station", description = "Name of the station in Kura.")
    String station() default "";
}
