package io.karu.compression.kura;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inspection.FrameView;
import io.karu.api.inspection.Verdict;
import io.karu.api.inspection.VerdictListener;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelRef;
import io.karu.api.model.Models;
import io.karu.api.uplink.HealthCheck;
import io.karu.api.uplink.Ledger;
import io.karu.compression.gateway.CompressionService;
import io.karu.compression.gateway.FrameReserve;
import io.karu.compression.gateway.Job;
import io.karu.compression.gateway.VersionParts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.system.SystemService;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
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

/** Compression in Kura: its form and its data directory. Models and engines come and go. */
@Component(
        name = CompressionComponent.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        immediate = true,
        service = {
            ConfigurableComponent.class,
            CompressionComponent.class,
            VerdictListener.class,
            HealthCheck.class
        })
@Designate(ocd = CompressionOptions.class)
public final class CompressionComponent
        implements ConfigurableComponent, VerdictListener, HealthCheck {
    static final String PID = "io.karu.compression.Compression";

    private static final Logger LOG = LoggerFactory.getLogger(CompressionComponent.class);
    private static final String ANSWERED = "request.txt";

    private final BundleContext context;
    private final Path root;
    private final BundleJars jars;
    private FrameReserve reserve;
    private CompressionService service;
    private CompressionSettings settings;
    private Models models;
    private Ledger ledger;
    private String unusable;
    private volatile String problem;

    @Activate
    public CompressionComponent(
            @Reference SystemService system,
            BundleContext context,
            Map<String, Object> properties) {
        this.context = context;
        this.root = Path.of(system.getKuraDataDirectory(), "karu", "compression");
        this.jars = new BundleJars(root.resolve("lib"));
        this.settings = checked(properties).orElseGet(() -> CompressionSettings.of(Map.of()));
        try {
            reserve =
                    new FrameReserve(
                            root.resolve("frames"),
                            settings.worker().frames(),
                            settings.worker().frameBytes());
            service = new CompressionService(root.resolve("jobs"), reserve, settings.worker());
        } catch (IOException e) {
            unusable = root + " cannot be used: " + e.getMessage();
            LOG.error(unusable, e);
        }
    }

    @Modified
    synchronized void updated(Map<String, Object> properties) {
        checked(properties)
                .ifPresent(
                        next -> {
                            settings = next;
                            if (service != null) {
                                service.configure(next.worker());
                                answerRequest();
                            }
                        });
    }

    @Deactivate
    void deactivate() {
        if (service != null) {
            service.close();
        }
    }

    private Optional<CompressionSettings> checked(Map<String, Object> properties) {
        try {
            CompressionSettings checked = CompressionSettings.of(properties);
            problem = null;
            return Optional.of(checked);
        } catch (IllegalArgumentException e) {
            problem = e.getMessage() + "; the last good configuration stays in use";
            LOG.error(problem);
            return Optional.empty();
        }
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    synchronized void bindModels(Models present) {
        models = present;
        if (service != null) {
            service.setModels(Optional.of(present));
            answerRequest();
        }
    }

    synchronized void unbindModels(Models gone) {
        if (models == gone) {
            models = null;
            if (service != null) {
                service.setModels(Optional.empty());
            }
        }
    }

    @Reference(
            service = InferenceEngine.class,
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindEngine(ServiceReference<InferenceEngine> engine) {
        if (service != null) {
            try {
                service.setClassPath(Optional.of(jars.of(context.getBundle(), engine.getBundle())));
            } catch (IOException | RuntimeException e) {
                problem = "the worker's class path cannot be made: " + e.getMessage();
                LOG.error(problem, e);
            }
        }
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    synchronized void bindLedger(Ledger present) {
        ledger = present;
    }

    synchronized void unbindLedger(Ledger gone) {
        if (ledger == gone) {
            ledger = null;
        }
    }

    void unbindEngine(ServiceReference<InferenceEngine> engine) {
        if (service != null) {
            service.setClassPath(Optional.empty());
        }
    }

    /** Another text in the form starts a job, once, also when the gateway starts again. */
    private void answerRequest() {
        Path answered = root.resolve(ANSWERED);
        try {
            String before = Files.exists(answered) ? Files.readString(answered) : "";
            if (before.equals(settings.requestText()) || models == null) {
                return;
            }
            if (settings.request().isPresent()) {
                Job job = service.start(settings.request().get(), settings.budget());
                LOG.info("{}: job {}", settings.requestText(), job.id());
            }
            Files.write(answered, settings.requestText().getBytes(StandardCharsets.UTF_8));
            problem = null;
        } catch (ModelException | IOException e) {
            problem = "request " + settings.requestText() + ": " + e.getMessage();
            LOG.error(problem);
        }
    }

    @Override
    public void onVerdict(Verdict verdict, FrameView frame) {
        if (reserve != null) {
            reserve.onVerdict(verdict, frame);
        }
    }

    @Override
    public List<Result> check() {
        if (service == null) {
            return List.of(new Result("compression", false, unusable));
        }
        List<Result> results = new ArrayList<>(service.check());
        String now = problem;
        if (now != null) {
            results.add(new Result("compression.configuration", false, now));
        }
        return results;
    }

    List<Job> jobs() {
        return service == null ? List.of() : service.jobs();
    }

    /** With the form's budget when none is given. */
    Job start(ModelRef model, Optional<Double> budget) throws ModelException {
        double allowed;
        synchronized (this) {
            allowed = budget.orElse(settings.budget());
        }
        return usable().start(model, allowed);
    }

    Optional<Job> cancel(String id) throws ModelException {
        try {
            return usable().cancel(id);
        } catch (IOException e) {
            throw new ModelException(
                    ModelException.Code.STORE_FAILED, "the job cannot be written: " + e, e);
        }
    }

    /** A part of the version that a job made; once it has begun to leave, the ledger says so. */
    VersionParts.Part part(String job, long offset) throws ModelException {
        Ledger present;
        synchronized (this) {
            present = ledger;
        }
        if (present == null) {
            throw new ModelException(
                    ModelException.Code.STORE_FAILED,
                    "the uplink's ledger is not there at present, and nothing leaves without it");
        }
        return usable().part(job, offset, present);
    }

    private CompressionService usable() throws ModelException {
        if (service == null) {
            throw new ModelException(ModelException.Code.STORE_FAILED, unusable);
        }
        return service;
    }
}
