package org.eclipse.kura.ai.inference;

import java.util.List;
import java.util.Optional;
import org.eclipse.kura.KuraException;
import org.osgi.annotation.versioning.ProviderType;

/** An engine that executes models by name. */
@ProviderType
public interface InferenceEngineService {

    Optional<ModelInfo> getModelInfo(String modelName) throws KuraException;

    List<String> getModelNames() throws KuraException;

    List<Tensor> infer(ModelInfo modelInfo, List<Tensor> inputData) throws KuraException;

    boolean isEngineReady() throws KuraException;

    boolean isModelLoaded(String modelName) throws KuraException;

    void loadModel(String modelName, Optional<String> modelPath) throws KuraException;

    void unloadModel(String modelName) throws KuraException;
}
