package io.karu.gateway.inventory;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.karu.gateway.deployment.BundleState;
import io.karu.gateway.packages.DeploymentAgent;
import io.karu.gateway.request.AppRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.request.RequestHandler;
import org.eclipse.kura.cloudconnection.request.RequestHandlerContext;
import org.eclipse.kura.cloudconnection.request.RequestHandlerRegistry;
import org.eclipse.kura.system.SystemResourceInfo;
import org.eclipse.kura.system.SystemService;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.deploymentadmin.BundleInfo;
import org.osgi.service.deploymentadmin.DeploymentPackage;

/**
 * Kura's INVENTORY-V1: what is installed, and in which state. Container resources are empty: a
 * development gateway runs none.
 */
@Component(
        name = "org.eclipse.kura.core.inventory.InventoryHandlerV1",
        immediate = true,
        service = {})
public class InventoryHandler implements RequestHandler {
    private final Signatures signatures = new Signatures();

    static final String APPLICATION = "INVENTORY-V1";

    private final BundleContext context;
    private final DeploymentAgent agent;
    private final SystemService system;

    @Activate
    public InventoryHandler(
            BundleContext context,
            @Reference DeploymentAgent agent,
            @Reference SystemService system) {
        this.context = context;
        this.agent = agent;
        this.system = system;
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addRegistry(RequestHandlerRegistry registry) throws KuraException {
        registry.registerRequestHandler(APPLICATION, this);
    }

    public void removeRegistry(RequestHandlerRegistry registry) throws KuraException {
        registry.unregister(APPLICATION);
    }

    @Override
    public KuraMessage doGet(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        String resource = AppRequest.resource(request);
        return switch (resource) {
            case "deploymentPackages" -> reply(resource, packages());
            case "bundles" -> reply(resource, bundles());
            case "inventory" -> reply(resource, inventory());
            case "systemPackages" -> reply(resource, systemPackages());
            case "containers", "images" -> reply(resource, new JsonArray());
            default -> throw AppRequest.notFound(resource);
        };
    }

    @Override
    public KuraMessage doExec(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        String resource = AppRequest.resource(request);
        try {
            switch (resource) {
                case "bundles/_start" -> bundle(request).start();
                case "bundles/_stop" -> bundle(request).stop();
                default -> throw AppRequest.notFound(resource);
            }
        } catch (BundleException e) {
            throw new KuraException(KuraErrorCode.SERVICE_UNAVAILABLE, e, e.getMessage());
        }
        return AppRequest.ok();
    }

    private JsonArray packages() {
        JsonArray packages = new JsonArray();
        for (DeploymentPackage each : agent.list()) {
            JsonArray bundles = new JsonArray();
            boolean signed = true;
            for (BundleInfo info : each.getBundleInfos()) {
                Bundle bundle = each.getBundle(info.getSymbolicName());
                JsonObject json = new JsonObject();
                json.addProperty("name", info.getSymbolicName());
                json.addProperty("version", info.getVersion().toString());
                if (bundle != null) {
                    describeState(json, bundle);
                }
                signed &= bundle != null && isSigned(bundle);
                bundles.add(json);
            }
            JsonObject json = new JsonObject();
            json.addProperty("name", each.getName());
            json.addProperty("version", each.getVersion().toString());
            json.add("bundles", bundles);
            json.addProperty("signed", signed);
            packages.add(json);
        }
        return packages;
    }

    private JsonArray bundles() {
        JsonArray bundles = new JsonArray();
        for (Bundle bundle : context.getBundles()) {
            JsonObject json = new JsonObject();
            json.addProperty("name", bundle.getSymbolicName());
            json.addProperty("version", bundle.getVersion().toString());
            describeState(json, bundle);
            bundles.add(json);
        }
        return bundles;
    }

    private JsonArray inventory() throws KuraException {
        JsonArray inventory = systemPackages();
        for (Bundle bundle : context.getBundles()) {
            inventory.add(
                    resource(bundle.getSymbolicName(), bundle.getVersion().toString(), "BUNDLE"));
        }
        for (DeploymentPackage each : agent.list()) {
            inventory.add(resource(each.getName(), each.getVersion().toString(), "DP"));
        }
        return inventory;
    }

    private JsonArray systemPackages() throws KuraException {
        JsonArray packages = new JsonArray();
        List<SystemResourceInfo> installed = system.getSystemPackages();
        if (installed != null) {
            installed.forEach(
                    each ->
                            packages.add(
                                    resource(
                                            each.getName(),
                                            each.getVersion(),
                                            each.getTypeString())));
        }
        return packages;
    }

    private Bundle bundle(KuraMessage request) throws KuraException {
        byte[] body = request.getPayload().getBody();
        if (body == null) {
            throw new KuraException(KuraErrorCode.BAD_REQUEST, "the body must be {\"name\":…}");
        }
        try {
            JsonObject wanted =
                    JsonParser.parseString(new String(body, StandardCharsets.UTF_8))
                            .getAsJsonObject();
            String name = wanted.get("name").getAsString();
            JsonElement version = wanted.get("version");
            return Arrays.stream(context.getBundles())
                    .filter(bundle -> name.equals(bundle.getSymbolicName()))
                    .filter(
                            bundle ->
                                    version == null
                                            || version.getAsString()
                                                    .equals(bundle.getVersion().toString()))
                    .findFirst()
                    .orElseThrow(
                            () -> new KuraException(KuraErrorCode.NOT_FOUND, "bundle " + name));
        } catch (JsonParseException
                | IllegalStateException
                | NullPointerException
                | UnsupportedOperationException e) {
            throw new KuraException(KuraErrorCode.BAD_REQUEST, "the body must be {\"name\":…}");
        }
    }

    private void describeState(JsonObject json, Bundle bundle) {
        json.addProperty("id", bundle.getBundleId());
        json.addProperty("state", BundleState.of(bundle));
        json.addProperty("signed", isSigned(bundle));
    }

    private boolean isSigned(Bundle bundle) {
        return signatures.isSigned(bundle);
    }

    private static JsonObject resource(String name, String version, String type) {
        JsonObject json = new JsonObject();
        json.addProperty("name", name);
        json.addProperty("version", version);
        json.addProperty("type", type);
        return json;
    }

    private static KuraMessage reply(String name, JsonArray content) {
        JsonObject json = new JsonObject();
        json.add(name, content);
        return AppRequest.ok(json.toString().getBytes(StandardCharsets.UTF_8));
    }
}
