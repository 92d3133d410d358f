package io.karu.aggregator.rollout;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Which gateways belong to which group. */
final class Distribution {
    private Distribution() {}

    /**
     * Each group takes of what the ones before have left. Gateways that are online come first, then
     * in an order that has nothing to do with their names, and is the same every time.
     */
    static Map<Integer, List<GatewayId>> of(RolloutPlan plan, List<Gateway> targets) {
        if (targets.isEmpty()) {
            throw invalid("no gateway fits the targets");
        }
        List<Gateway> left = new ArrayList<>(targets);
        left.sort(
                Comparator.comparing((Gateway gateway) -> !gateway.online())
                        .thenComparing(gateway -> scattered(plan.name(), gateway))
                        .thenComparing(Gateway::id));
        Map<Integer, List<GatewayId>> groups = new TreeMap<>();
        for (int i = 0; i < plan.groups().size(); i++) {
            GroupPlan group = plan.groups().get(i);
            List<Gateway> taken = take(group, left, targets.size());
            if (taken.isEmpty() && !plan.joining()) {
                throw invalid("no gateway is left for the group " + group.name());
            }
            left.removeAll(taken);
            groups.put(i, taken.stream().map(Gateway::id).toList());
        }
        if (!left.isEmpty()) {
            throw invalid(
                    left.size()
                            + " of "
                            + targets.size()
                            + " gateways are in no group; give the last group neither size nor filter");
        }
        return groups;
    }

    private static List<Gateway> take(GroupPlan group, List<Gateway> left, int all) {
        List<Gateway> fitting = left.stream().filter(group.filter()::fits).toList();
        GroupPlan.Size size = group.size();
        if (Boolean.TRUE.equals(size.canary())) {
            Set<String> sites = new HashSet<>();
            return fitting.stream().filter(gateway -> sites.add(gateway.site())).toList();
        }
        long most =
                size.count() != null
                        ? size.count()
                        : size.percent() != null
                                ? Math.max(1, Math.round(size.percent() * all / 100))
                                : fitting.size();
        return fitting.stream().limit(most).toList();
    }

    private static int scattered(String rollout, Gateway gateway) {
        return (rollout + gateway.id()).hashCode() * 0x9E3779B9;
    }

    private static AggregatorException invalid(String message) {
        return new AggregatorException(Code.ROLLOUT_INVALID, message);
    }
}
