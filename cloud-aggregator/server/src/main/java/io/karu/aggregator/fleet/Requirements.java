package io.karu.aggregator.fleet;

import java.util.ArrayList;
import java.util.List;

/** What a gateway must offer to be managed. */
final class Requirements {
    private static final int JAVA = 17;

    private Requirements() {}

    static List<String> missing(BirthCertificate birth) {
        List<String> missing = new ArrayList<>();
        if (birth.javaMajor() > 0 && birth.javaMajor() < JAVA) {
            missing.add(
                    "Java "
                            + JAVA
                            + ": this gateway runs Java "
                            + birth.javaMajor()
                            + "; install OpenJDK "
                            + JAVA
                            + " and restart Kura");
        }
        if (birth.metric("payload_encoding").equals("SIMPLE_JSON")) {
            missing.add(
                    "payload.encoding kura-protobuf: set it in the CloudService, requests cannot carry integers in simple-json");
        }
        if (!birth.answers("DEPLOY-V2")) {
            missing.add(
                    birth.kuraMajor() >= 6
                            ? "DEPLOY-V2: a stock Kura 6 has none; install the package kura-deployment"
                            : "DEPLOY-V2: packages cannot be installed; start the bundle org.eclipse.kura.core.deployment");
        }
        if (!birth.answers("INVENTORY-V1")) {
            missing.add(
                    "INVENTORY-V1: installations cannot be verified; start the bundle org.eclipse.kura.core.inventory");
        }
        if (!birth.answers("CONF-V2")) {
            missing.add(
                    "CONF-V2: components cannot be configured; start the bundle org.eclipse.kura.rest.configuration.provider");
        }
        return missing;
    }
}
