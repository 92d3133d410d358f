package io.karu.models.kura;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.Models;
import io.karu.api.uplink.HealthCheck;
import io.karu.models.ModelBundles;
import io.karu.models.ModelCatalog;
import io.karu.models.ModelCatalog.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.ai.inference.InferenceEngineService;
import org.eclipse.kura.ai.inference.ModelInfo;
import org.eclipse.kura.ai.inference.Tensor;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.system.SystemService;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The models in Kura: its form, its data directory, its inference service. Engines come and go. */
@Component(
        name = ModelsComponent.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        immediate = true,
        service = {
            ConfigurableComponent.class,
            Models.class,
            HealthCheck.class,
            InferenceEngineService.class
        })
@Designate(ocd = ModelsOptions.class)
public final class ModelsComponent
        implements ConfigurableComponent, Models, HealthCheck, InferenceEngineService {
    static final String PID = "io.karu.models.Models";

    private static final Logger LOG = LoggerFactory.getLogger(ModelsComponent.class);

    private final KuraInference inference = new KuraInference(this);
    private ModelBundles bundles;
    private ModelCatalog catalog;
    private String unusable;
    private volatile String misconfigured;

    @Activate
    public ModelsComponent(
            @Reference SystemService system,
            BundleContext context,
            Map<String, Object> properties) {
        Path root = Path.of(system.getKuraDataDirectory(), "karu", "models");
        try {
            Settings settings = checked(properties).orElseGet(() -> ModelsSettings.of(Map.of()));
            catalog = new ModelCatalog(root, settings);
            bundles = new ModelBundles(context, catalog);
        } catch (IOException e) {
            unusable = "the model store " + root + " cannot be used: " + e.getMessage();
            LOG.error(unusable, e);
        }
    }

    @Modified
    void updated(Map<String, Object> properties) {
        if (catalog != null) {
            checked(properties).ifPresent(catalog::configure);
        }
    }

    @Deactivate
    void deactivate() {
        inference.stop();
        if (catalog != null) {
            bundles.close();
            catalog.close();
        }
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindEngine(InferenceEngine engine) {
        if (catalog != null) {
            catalog.engineArrived(engine);
        }
    }

    void unbindEngine(InferenceEngine engine) {
        if (catalog != null) {
            catalog.engineLeft(engine);
        }
        inference.engineLeft();
    }

    private Optional<Settings> checked(Map<String, Object> properties) {
        try {
            Settings settings = ModelsSettings.of(properties);
            misconfigured = null;
            return Optional.of(settings);
        } catch (IllegalArgumentException e) {
            misconfigured = e.getMessage() + "; the last good configuration stays in use";
            LOG.error(misconfigured);
            return Optional.empty();
        }
    }

    private ModelCatalog catalog() throws ModelException {
        if (catalog == null) {
            throw new ModelException(ModelException.Code.STORE_FAILED, unusable);
        }
        return catalog;
    }

    boolean isReady() {
        return catalog != null && catalog.isReady();
    }

    @Override
    public ModelLease lease(ModelRef ref) throws ModelException {
        return catalog().lease(ref);
    }

    @Override
    public String installation() {
        return catalog == null ? "" : catalog.installation();
    }

    @Override
    public List<ModelStatus> status() {
        return catalog == null ? List.of() : catalog.status();
    }

    @Override
    public void activate(String name, String alias, Digest digest) throws ModelException {
        catalog().activate(name, alias, digest);
    }

    @Override
    public void activate(String name, String alias, Digest digest, String order)
            throws ModelException {
        catalog().activate(name, alias, digest, order);
    }

    @Override
    public Digest add(Path folder) throws ModelException {
        return catalog().add(folder);
    }

    @Override
    public void copy(Digest digest, Path folder) throws ModelException {
        catalog().copy(digest, folder);
    }

    @Override
    public Digest rollback(String name, String alias) throws ModelException {
        return catalog().rollback(name, alias);
    }

    @Override
    public Digest clear(String name, String alias) throws ModelException {
        return catalog().clear(name, alias);
    }

    @Override
    public List<Result> check() {
        if (catalog == null) {
            return List.of(new Result("models", false, unusable));
        }
        List<Result> results = new ArrayList<>(catalog.check());
        String problem = misconfigured;
        if (problem != null) {
            results.add(new Result("models.configuration", false, problem));
        }
        return results;
    }

    @Override
    public boolean isEngineReady() throws KuraException {
        return inference.isEngineReady();
    }

    @Override
    public List<String> getModelNames() throws KuraException {
        return inference.getModelNames();
    }

    @Override
    public Optional<ModelInfo> getModelInfo(String modelName) throws KuraException {
        return inference.getModelInfo(modelName);
    }

    @Override
    public boolean isModelLoaded(String modelName) throws KuraException {
        return inference.isModelLoaded(modelName);
    }

    @Override
    public void loadModel(String modelName, Optional<String> modelPath) throws KuraException {
        inference.loadModel(modelName, modelPath);
    }

    @Override
    public void unloadModel(String modelName) throws KuraException {
        inference.unloadModel(modelName);
    }

    @Override
    public List<Tensor> infer(ModelInfo modelInfo, List<Tensor> inputData) throws KuraException {
        return inference.infer(modelInfo, inputData);
    }
}
