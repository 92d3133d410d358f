package io.karu.modelversion;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelException;
import io.karu.api.model.Preprocessing;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The whole of {@code model.json}: the card, the golden cases and the lineage.
 *
 * @param card what the gateway uses
 * @param golden recorded runs, at least one in a version that a gateway accepts
 * @param metrics what was measured of it
 * @param lineage where the version comes from: JSON object, as text; {@link Provenance} reads it
 */
public record CardFile(
        ModelCard card, List<GoldenCase> golden, List<Metric> metrics, String lineage) {
    /** The contract this class reads and writes. */
    public static final int CONTRACT = 1;

    private static final int MAX_TENSORS = 64;
    private static final int MAX_DIMENSIONS = 8;
    private static final int MAX_LABELS = 10_000;
    private static final int MAX_GOLDEN = 64;
    private static final int MAX_METRICS = 1000;
    private static final Pattern TENSOR_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    public CardFile {
        Objects.requireNonNull(card, "card");
        golden = List.copyOf(golden);
        metrics = List.copyOf(metrics);
        Objects.requireNonNull(lineage, "lineage");
    }

    /** A card without metrics. */
    public CardFile(ModelCard card, List<GoldenCase> golden, String lineage) {
        this(card, golden, List.of(), lineage);
    }

    /** A card without metrics and lineage. */
    public CardFile(ModelCard card, List<GoldenCase> golden) {
        this(card, golden, "{}");
    }

    /**
     * Reads a card.
     *
     * @throws ModelException {@code CORRUPT}; the message names the field
     */
    public static CardFile parse(String json) throws ModelException {
        try {
            return read(object("model.json", strict(json)));
        } catch (JsonParseException
                | IOException
                | IllegalArgumentException
                | ArithmeticException
                | StackOverflowError e) {
            throw corrupt("model.json: " + e.getMessage());
        }
    }

    /**
     * The card as JSON text, keys in the order of the contract, two spaces of indentation, a final
     * line feed.
     */
    public String toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("contract", CONTRACT);
        json.addProperty("name", card.name());
        json.addProperty("version", card.version());
        json.addProperty("task", card.task().name());
        json.add("labels", array(card.labels(), GSON::toJsonTree));
        json.add("inputs", array(card.inputs(), CardFile::tensor));
        json.add("outputs", array(card.outputs(), CardFile::tensor));
        if (!card.preprocessing().equals(Preprocessing.AS_IS)) {
            json.add("preprocessing", preprocessing(card.preprocessing()));
        }
        json.add("parameters", GSON.toJsonTree(new TreeMap<>(card.parameters())));
        json.add("golden", array(golden, CardFile::goldenCase));
        json.addProperty("description", card.description());
        if (!metrics.isEmpty()) {
            json.add("metrics", array(metrics, Metric::toJson));
        }
        json.add("lineage", GSON.fromJson(lineage, JsonObject.class));
        return GSON.toJson(json) + "\n";
    }

    private static CardFile read(JsonObject json) throws ModelException {
        int contract = (int) integer("contract", json.get("contract"));
        if (contract != CONTRACT) {
            throw corrupt(
                    "model.json: written for contract "
                            + contract
                            + ", this Karu reads contract "
                            + CONTRACT
                            + "; update Karu or export the model again");
        }
        List<TensorInfo> inputs = list(json, "inputs", MAX_TENSORS, CardFile::tensor);
        List<TensorInfo> outputs = list(json, "outputs", MAX_TENSORS, CardFile::tensor);
        requireTensors(inputs, outputs);
        ModelCard card =
                new ModelCard(
                        string("name", json.get("name")),
                        label(string("version", json.get("version"))),
                        task(string("task", json.get("task"))),
                        list(json, "labels", MAX_LABELS, e -> string("labels", e)),
                        inputs,
                        outputs,
                        json.has("preprocessing")
                                ? preprocessing(json.get("preprocessing"))
                                : Preprocessing.AS_IS,
                        parameters(json),
                        json.has("description")
                                ? string("description", json.get("description"))
                                : "");
        List<GoldenCase> golden = list(json, "golden", MAX_GOLDEN, e -> goldenCase(e, card));
        Set<Integer> numbers = new HashSet<>();
        for (GoldenCase one : golden) {
            if (!numbers.add(one.number())) {
                throw new IllegalArgumentException(
                        "golden: case " + one.number() + " appears twice");
            }
        }
        JsonElement lineage = json.has("lineage") ? json.get("lineage") : new JsonObject();
        List<Metric> metrics =
                json.has("metrics")
                        ? list(json, "metrics", MAX_METRICS, e -> Metric.read(object("metrics", e)))
                        : List.of();
        return new CardFile(card, golden, metrics, object("lineage", lineage).toString());
    }

    private static JsonElement strict(String json) throws IOException {
        try (JsonReader reader = new JsonReader(new StringReader(json))) {
            JsonElement element = GSON.getAdapter(JsonElement.class).read(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new IllegalArgumentException("text after the end of the object");
            }
            return element;
        }
    }

    private static void requireTensors(List<TensorInfo> inputs, List<TensorInfo> outputs) {
        if (inputs.isEmpty() || outputs.isEmpty()) {
            throw new IllegalArgumentException("a model needs at least one input and one output");
        }
        Set<String> names = new HashSet<>();
        for (List<TensorInfo> side : List.of(inputs, outputs)) {
            for (TensorInfo tensor : side) {
                if (!names.add(tensor.name())) {
                    throw new IllegalArgumentException(
                            "tensor " + tensor.name() + " appears twice");
                }
            }
        }
    }

    private static String label(String version) {
        if (version.isBlank()
                || version.length() > 100
                || version.matches("(?s).*[\\p{Cntrl}\";,].*")) {
            throw new IllegalArgumentException(
                    "version \""
                            + version.replaceAll("\\p{Cntrl}", "?")
                            + "\": use 1 to 100 characters without quotes, commas, semicolons or line ends");
        }
        return version;
    }

    private static ModelCard.Task task(String name) {
        return choice("task", name, ModelCard.Task.class);
    }

    private static Preprocessing preprocessing(JsonElement element) {
        JsonObject json = object("preprocessing", element);
        return new Preprocessing(
                choice("color", string("color", json.get("color")), Preprocessing.Color.class),
                choice(
                        "scaling",
                        string("scaling", json.get("scaling")),
                        Preprocessing.Scaling.class),
                choice("fit", string("fit", json.get("fit")), Preprocessing.Fit.class),
                Math.toIntExact(integer("fill", json.get("fill"))));
    }

    private static JsonObject preprocessing(Preprocessing how) {
        JsonObject json = new JsonObject();
        json.addProperty("color", how.color().name());
        json.addProperty("scaling", how.scaling().name());
        json.addProperty("fit", how.fit().name());
        json.addProperty("fill", how.fill());
        return json;
    }

    private static <E extends Enum<E>> E choice(String field, String name, Class<E> choices) {
        try {
            return Enum.valueOf(choices, name);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    field
                            + " \""
                            + name
                            + "\": one of "
                            + Arrays.toString(choices.getEnumConstants()));
        }
    }

    private static TensorInfo tensor(JsonElement element) {
        JsonObject json = object("tensor", element);
        String name = string("tensor name", json.get("name"));
        if (!TENSOR_NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "tensor name \"" + name + "\": use letters, digits, '.', '_' or '-'");
        }
        String type = string("type of tensor " + name, json.get("type"));
        List<Long> shape = shape(name, json.get("shape"), true);
        try {
            return new TensorInfo(name, ElementType.valueOf(type), shape);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "type \""
                            + type
                            + "\" of tensor "
                            + name
                            + ": one of "
                            + Arrays.toString(ElementType.values()));
        }
    }

    private static GoldenCase goldenCase(JsonElement element, ModelCard card) {
        JsonObject json = object("golden", element);
        long number = integer("golden case", json.get("case"));
        double tolerance = number("tolerance of golden case " + number, json.get("tolerance"));
        JsonObject shapes = object("shapes of golden case " + number, json.get("shapes"));
        Map<String, List<Long>> byName = new LinkedHashMap<>();
        for (List<TensorInfo> side : List.of(card.inputs(), card.outputs())) {
            for (TensorInfo tensor : side) {
                List<Long> shape = shape(tensor.name(), shapes.get(tensor.name()), false);
                requireFits(number, tensor, shape);
                byName.put(tensor.name(), shape);
            }
        }
        return new GoldenCase(Math.toIntExact(number), tolerance, byName);
    }

    private static void requireFits(long number, TensorInfo tensor, List<Long> shape) {
        boolean fits = shape.size() == tensor.shape().size();
        for (int i = 0; fits && i < shape.size(); i++) {
            long open = tensor.shape().get(i);
            fits = open == -1 || open == shape.get(i);
        }
        if (!fits) {
            throw new IllegalArgumentException(
                    "golden case "
                            + number
                            + ": shape "
                            + shape
                            + " of "
                            + tensor.name()
                            + " does not fit "
                            + tensor.shape());
        }
    }

    private static List<Long> shape(String tensor, JsonElement element, boolean open) {
        if (element == null
                || !element.isJsonArray()
                || element.getAsJsonArray().size() > MAX_DIMENSIONS) {
            throw new IllegalArgumentException(
                    "shape of tensor "
                            + tensor
                            + ": an array of at most "
                            + MAX_DIMENSIONS
                            + " numbers is needed");
        }
        List<Long> shape = new ArrayList<>();
        for (JsonElement dimension : element.getAsJsonArray()) {
            long size = integer("shape of tensor " + tensor, dimension);
            if (!(size >= 1 || open && size == -1)) {
                throw new IllegalArgumentException(
                        "shape of tensor " + tensor + ": dimension " + size);
            }
            shape.add(size);
        }
        return shape;
    }

    private static Map<String, Double> parameters(JsonObject json) {
        Map<String, Double> parameters = new LinkedHashMap<>();
        if (json.has("parameters")) {
            object("parameters", json.get("parameters"))
                    .entrySet()
                    .forEach(
                            e ->
                                    parameters.put(
                                            e.getKey(),
                                            number("parameter " + e.getKey(), e.getValue())));
        }
        return parameters;
    }

    private static <T> List<T> list(
            JsonObject json, String field, int limit, Function<JsonElement, T> read) {
        JsonElement element = json.get(field);
        if (element == null || !element.isJsonArray()) {
            throw new IllegalArgumentException(field + ": an array is needed");
        }
        JsonArray array = element.getAsJsonArray();
        if (array.size() > limit) {
            throw new IllegalArgumentException(
                    field + ": " + array.size() + " entries, at most " + limit);
        }
        List<T> list = new ArrayList<>();
        array.forEach(e -> list.add(read.apply(e)));
        return list;
    }

    private static JsonObject object(String field, JsonElement element) {
        if (element == null || !element.isJsonObject()) {
            throw new IllegalArgumentException(field + ": an object is needed");
        }
        return element.getAsJsonObject();
    }

    static String string(String field, JsonElement element) {
        if (element == null
                || !element.isJsonPrimitive()
                || !element.getAsJsonPrimitive().isString()) {
            throw new IllegalArgumentException(field + ": a text is needed");
        }
        return element.getAsString();
    }

    static double number(String field, JsonElement element) {
        if (element == null
                || !element.isJsonPrimitive()
                || !element.getAsJsonPrimitive().isNumber()) {
            throw new IllegalArgumentException(field + ": a number is needed");
        }
        double value = element.getAsDouble();
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(field + ": a finite number is needed, was " + value);
        }
        return value;
    }

    static long integer(String field, JsonElement element) {
        double value = number(field, element);
        if (value != Math.rint(value) || Math.abs(value) > 1L << 53) {
            throw new IllegalArgumentException(field + ": a whole number is needed, was " + value);
        }
        return (long) value;
    }

    private static <T> JsonArray array(List<T> values, Function<T, JsonElement> write) {
        JsonArray array = new JsonArray();
        values.forEach(v -> array.add(write.apply(v)));
        return array;
    }

    private static JsonObject tensor(TensorInfo tensor) {
        JsonObject json = new JsonObject();
        json.addProperty("name", tensor.name());
        json.addProperty("type", tensor.type().name());
        json.add("shape", GSON.toJsonTree(tensor.shape()));
        return json;
    }

    private static JsonObject goldenCase(GoldenCase golden) {
        JsonObject json = new JsonObject();
        json.addProperty("case", golden.number());
        json.addProperty("tolerance", golden.tolerance());
        json.add("shapes", GSON.toJsonTree(golden.shapes()));
        return json;
    }

    private static ModelException corrupt(String message) {
        return new ModelException(ModelException.Code.CORRUPT, message);
    }
}
