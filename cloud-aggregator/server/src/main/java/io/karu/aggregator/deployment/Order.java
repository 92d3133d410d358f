package io.karu.aggregator.deployment;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.karu.aggregator.configuration.ComponentUpdate;
import java.util.List;
import java.util.Objects;

/** What a job does. In JSON the property {@code kind} tells which. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Order.InstallPackage.class, name = "install-package"),
    @JsonSubTypes.Type(value = Order.ActivateModel.class, name = "activate-model"),
    @JsonSubTypes.Type(value = Order.RollBackModel.class, name = "roll-back-model"),
    @JsonSubTypes.Type(value = Order.ClearModel.class, name = "clear-model"),
    @JsonSubTypes.Type(value = Order.WriteConfiguration.class, name = "write-configuration")
})
public sealed interface Order {
    /** The subject as a person names it; one running job per gateway and subject. */
    String subject();

    /** Installs a deployment package of the repository. */
    record InstallPackage(PackageId packageId, Restart restart) implements Order {
        public InstallPackage {
            Objects.requireNonNull(packageId, "packageId");
            restart = restart == null ? Restart.NEVER : restart;
        }

        @Override
        public String subject() {
            return packageId.name();
        }
    }

    /** Makes an alias of an installed model mean the version with this digest. */
    record ActivateModel(String name, String alias, String digest) implements Order {
        public ActivateModel {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(alias, "alias");
            Objects.requireNonNull(digest, "digest");
        }

        @Override
        public String subject() {
            return name + "@" + alias;
        }
    }

    /** Makes an alias mean what it meant before; the gateway knows what that was. */
    record RollBackModel(String name, String alias) implements Order {
        public RollBackModel {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(alias, "alias");
        }

        @Override
        public String subject() {
            return name + "@" + alias;
        }
    }

    /** Makes an alias mean nothing: ends a challenger's trial. Not the champion's. */
    record ClearModel(String name, String alias) implements Order {
        public ClearModel {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(alias, "alias");
        }

        @Override
        public String subject() {
            return name + "@" + alias;
        }
    }

    /** Writes component configurations through CONF-V2. */
    record WriteConfiguration(List<ComponentUpdate> updates) implements Order {
        public WriteConfiguration {
            updates = List.copyOf(updates);
        }

        @Override
        public String subject() {
            return String.join(", ", updates.stream().map(ComponentUpdate::pid).toList());
        }
    }

    /** Whether the gateway restarts after the installation ({@code dp.reboot}). */
    enum Restart {
        NEVER,
        AFTER_INSTALL
    }
}
