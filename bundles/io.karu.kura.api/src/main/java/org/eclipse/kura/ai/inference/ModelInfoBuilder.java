package org.eclipse.kura.ai.inference;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Builds a {@link ModelInfo}. */
public class ModelInfoBuilder {

    private final String name;
    private final Map<String, Object> parameters = new HashMap<>();
    private final List<TensorDescriptor> inputs = new ArrayList<>();
    private final List<TensorDescriptor> outputs = new ArrayList<>();
    private Optional<String> platform = Optional.empty();
    private Optional<String> version = Optional.empty();

    ModelInfoBuilder(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    public static ModelInfoBuilder fromModelInfo(ModelInfo modelInfo) {
        ModelInfoBuilder builder = new ModelInfoBuilder(modelInfo.getName());
        builder.platform = modelInfo.getPlatform();
        builder.version = modelInfo.getVersion();
        builder.parameters.putAll(modelInfo.getParameters());
        builder.inputs.addAll(modelInfo.getInputs());
        builder.outputs.addAll(modelInfo.getOutputs());
        return builder;
    }

    public ModelInfoBuilder platform(String platform) {
        this.platform = Optional.of(platform);
        return this;
    }

    public ModelInfoBuilder version(String version) {
        this.version = Optional.of(version);
        return this;
    }

    public ModelInfoBuilder addParameter(String name, Object parameter) {
        this.parameters.put(name, parameter);
        return this;
    }

    public ModelInfoBuilder removeParameter(String name) {
        this.parameters.remove(name);
        return this;
    }

    public ModelInfoBuilder addInputDescriptor(TensorDescriptor inputDescriptor) {
        this.inputs.add(inputDescriptor);
        return this;
    }

    public ModelInfoBuilder addAllInputDescriptor(List<TensorDescriptor> inputDescriptors) {
        this.inputs.addAll(inputDescriptors);
        return this;
    }

    public ModelInfoBuilder removeInputDescriptor(TensorDescriptor inputDescriptor) {
        this.inputs.remove(inputDescriptor);
        return this;
    }

    public ModelInfoBuilder addOutputDescriptor(TensorDescriptor outputDescriptor) {
        this.outputs.add(outputDescriptor);
        return this;
    }

    public ModelInfoBuilder addAllOutputDescriptor(List<TensorDescriptor> outputDescriptors) {
        this.outputs.addAll(outputDescriptors);
        return this;
    }

    public ModelInfoBuilder removeOutputDescriptor(TensorDescriptor outputDescriptor) {
        this.outputs.remove(outputDescriptor);
        return this;
    }

    /**
     * The model's information.
     *
     * @throws IllegalArgumentException when inputs or outputs are missing
     */
    public ModelInfo build() {
        if (this.inputs.isEmpty() || this.outputs.isEmpty()) {
            throw new IllegalArgumentException(
                    "The model " + this.name + " needs at least one input and one output");
        }
        return new ModelInfo(
                this.name,
                this.platform,
                this.version,
                new HashMap<>(this.parameters),
                List.copyOf(this.inputs),
                List.copyOf(this.outputs));
    }
}
