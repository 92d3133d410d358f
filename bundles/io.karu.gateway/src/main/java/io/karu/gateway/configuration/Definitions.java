package io.karu.gateway.configuration;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.kura.configuration.metatype.OCD;
import org.osgi.framework.Bundle;
import org.osgi.framework.Version;

/** What active bundles define, by pid. Not thread-safe. */
final class Definitions {
    /**
     * Bundles are told apart by symbolic name and version, so a bundle that replaces itself keeps
     * nothing of the old one.
     */
    private record Provider(String symbolicName, Version version) {
        static Provider of(Bundle bundle) {
            return new Provider(bundle.getSymbolicName(), bundle.getVersion());
        }
    }

    private record Definition(OCD ocd, boolean factory, Provider provider) {}

    private final Map<String, Definition> definitions = new HashMap<>();

    void add(MetatypeXml.Component component, Bundle bundle) {
        definitions.put(
                component.pid(),
                new Definition(component.definition(), component.factory(), Provider.of(bundle)));
    }

    void removeOf(Bundle bundle) {
        Provider provider = Provider.of(bundle);
        definitions.values().removeIf(definition -> definition.provider().equals(provider));
    }

    /** Null when nothing defines it. */
    OCD find(String pid) {
        Definition definition = definitions.get(pid);
        return definition == null ? null : definition.ocd();
    }

    /** Pids of factories, sorted. */
    Set<String> factories() {
        return definitions.entrySet().stream()
                .filter(entry -> entry.getValue().factory())
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
