package io.karu.aggregator.rollout;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.karu.aggregator.fleet.Gateway;
import java.util.Set;

/**
 * Which gateways. Each part that is not empty has to fit; a filter of empty parts fits every
 * gateway.
 *
 * @param sites one of these
 * @param tags all of these
 * @param gateways one of these client ids
 * @param except none of these client ids
 */
public record TargetFilter(
        Set<String> sites, Set<String> tags, Set<String> gateways, Set<String> except) {
    public static final TargetFilter EVERY = new TargetFilter(null, null, null, null);

    public TargetFilter {
        sites = Plans.names(sites);
        tags = Plans.names(tags);
        gateways = Plans.names(gateways);
        except = Plans.names(except);
    }

    boolean fits(Gateway gateway) {
        String clientId = gateway.id().clientId();
        return (sites.isEmpty() || sites.contains(gateway.site()))
                && gateway.tags().containsAll(tags)
                && (gateways.isEmpty() || gateways.contains(clientId))
                && !except.contains(clientId);
    }

    @JsonIgnore
    boolean isEvery() {
        return equals(EVERY);
    }
}
