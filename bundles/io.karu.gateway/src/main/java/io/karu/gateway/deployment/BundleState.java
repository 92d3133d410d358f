package io.karu.gateway.deployment;

import org.osgi.framework.Bundle;

/** A bundle's state in the words of OSGi. */
public final class BundleState {

    private BundleState() {}

    public static String of(Bundle bundle) {
        return switch (bundle.getState()) {
            case Bundle.UNINSTALLED -> "UNINSTALLED";
            case Bundle.INSTALLED -> "INSTALLED";
            case Bundle.RESOLVED -> "RESOLVED";
            case Bundle.STARTING -> "STARTING";
            case Bundle.STOPPING -> "STOPPING";
            case Bundle.ACTIVE -> "ACTIVE";
            default -> String.valueOf(bundle.getState());
        };
    }
}
