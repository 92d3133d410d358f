package io.karu.aggregator.rollout;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.karu.aggregator.configuration.ComponentUpdate;
import io.karu.api.model.ModelRef;
import java.util.List;
import java.util.stream.Collectors;

/** What a rollout brings. In JSON the property {@code kind} tells which. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Artefact.Model.class, name = "model"),
    @JsonSubTypes.Type(value = Artefact.Package.class, name = "package"),
    @JsonSubTypes.Type(value = Artefact.Configuration.class, name = "configuration")
})
public sealed interface Artefact {
    /** What it changes on a gateway. */
    @JsonIgnore
    String subject();

    /**
     * A model version that shall decide, or run in the shadow.
     *
     * @param digest {@code sha256:…}
     * @param alias {@code champion} when absent
     */
    record Model(String name, String digest, String alias) implements Artefact {
        static final String CHAMPION = ModelRef.CHAMPION;

        public Model {
            Plans.require("artefact.name", name);
            Plans.require("artefact.digest", digest);
            alias = alias == null || alias.isBlank() ? CHAMPION : alias;
        }

        boolean decides() {
            return alias.equals(CHAMPION);
        }

        @Override
        public String subject() {
            return name + "@" + alias;
        }
    }

    /** A deployment package of the repository. */
    record Package(String name, String version, boolean restart) implements Artefact {
        public Package {
            Plans.require("artefact.name", name);
            Plans.require("artefact.version", version);
        }

        @Override
        public String subject() {
            return name;
        }
    }

    /** Properties of components. */
    record Configuration(List<ComponentUpdate> updates) implements Artefact {
        public Configuration {
            if (updates == null || updates.isEmpty()) {
                throw new IllegalArgumentException("artefact.updates is empty");
            }
            updates = List.copyOf(updates);
        }

        @Override
        public String subject() {
            return updates.stream().map(ComponentUpdate::pid).collect(Collectors.joining(", "));
        }
    }
}
