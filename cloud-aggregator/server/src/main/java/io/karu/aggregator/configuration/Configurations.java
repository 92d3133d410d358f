package io.karu.aggregator.configuration;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.GatewayId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/** Components of gateways as people see and change them. */
public final class Configurations implements ConfigurationService {
    private final ComponentClient components;
    private final BiConsumer<GatewayId, ComponentUpdate> afterWrite;

    /**
     * @param afterWrite told of each change that a gateway confirmed
     */
    public Configurations(
            ComponentClient components, BiConsumer<GatewayId, ComponentUpdate> afterWrite) {
        this.components = components;
        this.afterWrite = afterWrite;
    }

    @Override
    public List<ComponentConfiguration> list(GatewayId gateway) {
        return components.list(gateway);
    }

    @Override
    public ComponentConfiguration get(GatewayId gateway, String pid) {
        return find(gateway, pid)
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.COMPONENT_NOT_FOUND,
                                        gateway + " knows no component " + pid));
    }

    private Optional<ComponentConfiguration> find(GatewayId gateway, String pid) {
        return components.read(gateway, List.of(pid)).stream()
                .filter(c -> c.pid().equals(pid))
                .findFirst();
    }

    @Override
    public List<String> factories(GatewayId gateway) {
        return components.factories(gateway);
    }

    @Override
    public ComponentConfiguration write(GatewayId gateway, ComponentUpdate update) {
        ComponentUpdate writable = withoutUnchangedPasswords(update);
        Optional<ComponentConfiguration> now = find(gateway, update.pid());
        if (now.isPresent()) {
            new Definition(now.get().definition()).check(writable);
            components.update(
                    gateway,
                    List.of(
                            new ComponentUpdate(
                                    update.pid(), Optional.empty(), writable.properties())));
        } else if (update.factoryPid().isPresent()) {
            components.create(gateway, List.of(writable));
        } else {
            throw new AggregatorException(
                    Code.COMPONENT_NOT_FOUND,
                    gateway
                            + " knows no component "
                            + update.pid()
                            + "; name its factory to create it");
        }
        ComponentConfiguration written = get(gateway, update.pid());
        afterWrite.accept(gateway, writable);
        return written;
    }

    @Override
    public void delete(GatewayId gateway, String pid) {
        get(gateway, pid);
        components.delete(gateway, pid);
    }

    private static ComponentUpdate withoutUnchangedPasswords(ComponentUpdate update) {
        Map<String, PropertyValue> properties =
                update.properties().entrySet().stream()
                        .filter(entry -> ComponentClient.writable(entry.getValue()))
                        .collect(
                                Collectors.toMap(
                                        Map.Entry::getKey,
                                        Map.Entry::getValue,
                                        (a, b) -> a,
                                        TreeMap::new));
        return new ComponentUpdate(update.pid(), update.factoryPid(), properties);
    }
}
