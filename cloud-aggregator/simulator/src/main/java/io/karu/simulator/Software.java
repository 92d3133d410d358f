package io.karu.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What is installed on a gateway: packages, models, component configurations. Thread-safe. */
final class Software {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHAMPION = "champion";
    private static final String CHALLENGER = "challenger";
    private static final int FIRST_BUNDLE_ID = 100;

    private final Map<String, PackageFile> packages = new TreeMap<>();
    private final Map<String, String> states = new TreeMap<>();
    private final Map<String, PackageFile.ModelPart> models = new LinkedHashMap<>();
    private final Map<String, Map<String, String>> aliases = new TreeMap<>();
    private final Map<String, String> lastGood = new TreeMap<>();
    private final Map<String, Map<String, JsonNode>> components = new TreeMap<>();
    private final Map<String, String> factories = new TreeMap<>();
    private int generation;

    synchronized void install(PackageFile dp, String state) {
        packages.put(dp.name(), dp);
        dp.bundles().forEach(bundle -> states.put(bundle.name(), state));
        dp.model().ifPresent(this::store);
    }

    /** The first version of a name that has no champion becomes champion by itself. */
    private void store(PackageFile.ModelPart model) {
        models.put(model.digest(), model);
        aliases.computeIfAbsent(model.name(), name -> new TreeMap<>())
                .putIfAbsent(CHAMPION, model.digest());
    }

    synchronized boolean uninstall(String name) {
        PackageFile dp = packages.remove(name);
        if (dp != null) {
            dp.bundles().forEach(bundle -> states.remove(bundle.name()));
        }
        return dp != null;
    }

    synchronized Optional<String> version(String packageName) {
        return Optional.ofNullable(packages.get(packageName)).map(PackageFile::version);
    }

    synchronized boolean setState(String bundle, String state) {
        return states.replace(bundle, state) != null;
    }

    synchronized boolean hasModel(String digest) {
        return models.containsKey(digest);
    }

    /** Digest of the version of this name that decides. */
    Optional<String> champion(String name) {
        return digest(name, CHAMPION);
    }

    synchronized Optional<String> digest(String name, String alias) {
        return Optional.ofNullable(aliases.getOrDefault(name, Map.of()).get(alias));
    }

    /** Label of a stored version. */
    synchronized String label(String digest) {
        PackageFile.ModelPart model = models.get(digest);
        return model == null ? "" : model.version();
    }

    /** A challenger that is promoted is one no longer. */
    synchronized int activate(String name, String alias, String digest) {
        Map<String, String> meanings = aliases.computeIfAbsent(name, n -> new TreeMap<>());
        String before = meanings.put(alias, digest);
        if (alias.equals(CHAMPION)) {
            meanings.remove(CHALLENGER, digest);
        }
        if (before != null && !before.equals(digest)) {
            lastGood.put(name + "@" + alias, before);
        }
        return ++generation;
    }

    /** The digest that decides now; absent when nothing decided before. */
    synchronized Optional<String> rollBack(String name, String alias) {
        String before = lastGood.remove(name + "@" + alias);
        if (before != null) {
            aliases.get(name).put(alias, before);
            generation++;
        }
        return Optional.ofNullable(before);
    }

    synchronized Optional<String> clear(String name, String alias) {
        return Optional.ofNullable(aliases.getOrDefault(name, new TreeMap<>()).remove(alias));
    }

    synchronized ArrayNode models() {
        ArrayNode list = JSON.createArrayNode();
        for (PackageFile.ModelPart model : models.values()) {
            ObjectNode told =
                    list.addObject()
                            .put("name", model.name())
                            .put("version", model.version())
                            .put("digest", model.digest());
            ArrayNode names = told.putArray("aliases");
            aliases.getOrDefault(model.name(), Map.of())
                    .forEach(
                            (alias, digest) -> {
                                if (digest.equals(model.digest())) {
                                    names.add(alias);
                                }
                            });
            told.put("state", names.isEmpty() ? "STORED" : "ACTIVE").put("generation", generation);
        }
        return list;
    }

    synchronized ObjectNode deploymentPackages() {
        ObjectNode body = JSON.createObjectNode();
        ArrayNode list = body.putArray("deploymentPackages");
        for (PackageFile dp : packages.values()) {
            ObjectNode told = list.addObject().put("name", dp.name()).put("version", dp.version());
            ArrayNode bundles = told.putArray("bundles");
            dp.bundles().forEach(bundle -> bundle(bundles.addObject(), bundle));
            told.put("signed", false);
        }
        return body;
    }

    private void bundle(ObjectNode told, PackageFile.Part bundle) {
        told.put("name", bundle.name())
                .put("version", bundle.version())
                .put("id", id(bundle))
                .put("state", states.get(bundle.name()))
                .put("signed", false);
    }

    private static int id(PackageFile.Part bundle) {
        return FIRST_BUNDLE_ID + (bundle.name().hashCode() & 0xFFFF);
    }

    synchronized ObjectNode bundles() {
        ObjectNode body = JSON.createObjectNode();
        ArrayNode list = body.putArray("bundles");
        packages.values().stream()
                .flatMap(dp -> dp.bundles().stream())
                .forEach(bundle -> bundle(list.addObject(), bundle));
        return body;
    }

    synchronized ObjectNode inventory() {
        ObjectNode body = JSON.createObjectNode();
        ArrayNode list = body.putArray("inventory");
        for (PackageFile dp : packages.values()) {
            list.addObject().put("name", dp.name()).put("version", dp.version()).put("type", "DP");
            dp.bundles()
                    .forEach(
                            bundle ->
                                    list.addObject()
                                            .put("name", bundle.name())
                                            .put("version", bundle.version())
                                            .put("type", "BUNDLE"));
        }
        return body;
    }

    /** As DEPLOY-V2 lists them. */
    synchronized String packagesXml() {
        StringBuilder xml = new StringBuilder("<packages>");
        for (PackageFile dp : packages.values()) {
            xml.append("<package>").append(named(dp.name(), dp.version())).append("<bundles>");
            dp.bundles()
                    .forEach(
                            bundle ->
                                    xml.append("<bundle>")
                                            .append(named(bundle.name(), bundle.version()))
                                            .append("</bundle>"));
            xml.append("</bundles></package>");
        }
        return xml.append("</packages>").toString();
    }

    synchronized String bundlesXml() {
        StringBuilder xml = new StringBuilder("<bundles>");
        packages.values().stream()
                .flatMap(dp -> dp.bundles().stream())
                .forEach(
                        bundle ->
                                xml.append("<bundle>")
                                        .append(named(bundle.name(), bundle.version()))
                                        .append("<id>")
                                        .append(id(bundle))
                                        .append("</id><state>")
                                        .append(states.get(bundle.name()))
                                        .append("</state></bundle>"));
        return xml.append("</bundles>").toString();
    }

    private static String named(String name, String version) {
        return "<name>" + name + "</name><version>" + version + "</version>";
    }

    /** Values of components; unknown pids are left out. */
    synchronized ObjectNode configurations(JsonNode pids) {
        ObjectNode body = JSON.createObjectNode();
        ArrayNode configs = body.putArray("configs");
        for (JsonNode pid : pids) {
            Map<String, JsonNode> properties = components.get(pid.asText());
            if (properties != null) {
                ObjectNode config = configs.addObject().put("pid", pid.asText());
                config.putObject("definition").putArray("ad");
                ObjectNode told = config.putObject("properties");
                properties.forEach((name, value) -> told.set(name, readable(value)));
            }
        }
        return body;
    }

    private static JsonNode readable(JsonNode value) {
        return value.path("type").asText().equals("PASSWORD")
                ? JSON.createObjectNode().put("type", "PASSWORD").put("value", "placeholder")
                : value;
    }

    /** Writes what a body of CONF-V2 says; components that are not known appear. */
    synchronized void configure(JsonNode body) {
        for (JsonNode config : body.path("configs")) {
            String pid = config.path("pid").asText();
            Map<String, JsonNode> properties =
                    components.computeIfAbsent(pid, name -> new TreeMap<>());
            if (config.has("factoryPid")) {
                factories.put(pid, config.path("factoryPid").asText());
            }
            config.path("properties")
                    .fields()
                    .forEachRemaining(field -> properties.put(field.getKey(), field.getValue()));
        }
    }

    synchronized ArrayNode pids() {
        ArrayNode list = JSON.createArrayNode();
        components.keySet().forEach(list::add);
        return list;
    }

    /** A property of a component; a missing node when there is none. */
    synchronized JsonNode property(String pid, String name) {
        JsonNode value = components.getOrDefault(pid, Map.of()).get(name);
        return value == null ? JSON.missingNode() : value.path("value");
    }
}
