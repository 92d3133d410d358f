package io.karu.station.kura;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The form of {@link VerdictWire} in Kura. */
@ObjectClassDefinition(
        id = VerdictWire.PID,
        name = "Karu verdict",
        description =
                "Emits each verdict of a station: verdict, score, label, findings, frame, station, model; and how many were accepted, rejected and sent to review since the wire started.")
@interface VerdictWireOptions {
    @AttributeDefinition(
            name = "Station",
            description = "Name of the station in Kura; empty means every station.",
            required = false)
    String station() default "";
}
