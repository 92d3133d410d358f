package org.eclipse.kura;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds what is declared here against the members that Kura 5.6 has. */
class KuraApiTest {

    /** The rows of {@code api-members-5.6.csv} whose types are declared here, as they are. */
    private static final String ROWS = "/kura-api-5.6.csv";

    private static final Path ORIGINAL = Path.of("../../../shared/kura/api-members-5.6.csv");

    @Test
    void everyTypeAndMemberThatIsDeclaredExistsInKura() throws Exception {
        Set<String> kura = new TreeSet<>();
        rows().forEach(row -> kura.add(normal(row)));

        List<Class<?>> types = declaredTypes();
        assertTrue(types.size() > 60, "found only " + types);
        Set<String> unknown = new TreeSet<>();
        for (final Class<?> type : types) {
            members(type).stream().filter(row -> !kura.contains(row)).forEach(unknown::add);
        }
        assertEquals(Set.of(), unknown);
    }

    @Test
    void interfacesHaveEveryMethodAndEnumsEveryConstant() throws Exception {
        Set<String> ours = new TreeSet<>();
        Set<String> complete = new TreeSet<>();
        for (final Class<?> type : declaredTypes()) {
            ours.addAll(members(type));
            if (type.isInterface() || type.isEnum()) {
                complete.add(type.getName());
            }
        }
        Set<String> missing =
                rows().stream()
                        .filter(row -> complete.contains(row.substring(0, row.indexOf(','))))
                        .map(KuraApiTest::normal)
                        .filter(row -> row.contains(",method,") || row.endsWith(" enum"))
                        .filter(row -> !ours.contains(row))
                        .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(Set.of(), missing);
    }

    @Test
    void theRowsAreThoseOfKura() throws Exception {
        assumeTrue(Files.exists(ORIGINAL), ORIGINAL + " is absent");
        Set<String> names =
                declaredTypes().stream().map(Class::getName).collect(Collectors.toSet());
        List<String> original =
                Files.readAllLines(ORIGINAL).stream()
                        .skip(1)
                        .filter(row -> names.contains(row.substring(0, row.indexOf(','))))
                        .toList();
        assertEquals(original, rows());
    }

    private static List<String> rows() throws IOException {
        try (InputStream in = KuraApiTest.class.getResourceAsStream(ROWS)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().skip(1).toList();
        }
    }

    /** class, kind, member and modifiers; exceptions in order; without what cannot be reflected. */
    private static String normal(String row) {
        String[] columns = row.split(",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", 4);
        if (Set.of("class", "interface", "enum").contains(columns[1])) {
            return typeRow(columns[0], columns[1], columns[2].replace("\"", ""), columns[3]);
        }
        String modifiers = columns[3].replaceAll(" deprecated$", "");
        int at = modifiers.indexOf(" throws=");
        if (at >= 0) {
            modifiers =
                    modifiers.substring(0, at) + throwing(modifiers.substring(at + 8).split("\\|"));
        }
        return String.join(",", columns[0], columns[1], columns[2], modifiers);
    }

    /** The super class is the erased one; the interfaces are what the declaration lists last. */
    private static String typeRow(String name, String kind, String column, String modifiers) {
        String superType = column.substring("super=".length(), column.indexOf(';'));
        String declaration = column.substring(column.indexOf("decl=")).replaceAll("<.*?>+", "");
        String word = kind.equals("interface") ? " extends " : " implements ";
        int at = declaration.indexOf(word);
        String[] interfaces =
                at < 0 ? new String[0] : declaration.substring(at + word.length()).split(",");
        return typeRow(name, kind, superType, interfaces, modifiers);
    }

    private static String typeRow(
            String name, String kind, String superType, String[] interfaces, String modifiers) {
        String sorted = Arrays.stream(interfaces).sorted().collect(Collectors.joining("|"));
        return String.join(",", name, kind, superType, sorted, modifiers);
    }

    private static String throwing(String... names) {
        return names.length == 0
                ? ""
                : " throws=" + Arrays.stream(names).sorted().collect(Collectors.joining("|"));
    }

    private static List<Class<?>> declaredTypes() throws IOException, URISyntaxException {
        Path classes =
                Path.of(
                        KuraException.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toURI());
        try (Stream<Path> files = Files.walk(classes.resolve("org/eclipse/kura"))) {
            List<Class<?>> types = new ArrayList<>();
            files.map(file -> classes.relativize(file).toString())
                    .filter(name -> name.endsWith(".class") && !name.endsWith("package-info.class"))
                    .map(name -> name.substring(0, name.length() - 6).replace('/', '.'))
                    .sorted()
                    .forEach(name -> types.add(load(name)));
            types.removeIf(type -> !Modifier.isPublic(type.getModifiers()));
            assertFalse(types.isEmpty());
            return types;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, KuraApiTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(name, e);
        }
    }

    private static Set<String> members(Class<?> type) throws IllegalAccessException {
        Set<String> rows = new TreeSet<>();
        rows.add(type(type));
        for (final Field field : type.getDeclaredFields()) {
            if (visible(field.getModifiers()) && !field.isSynthetic()) {
                rows.add(field(type, field));
            }
        }
        for (final Constructor<?> constructor : type.getDeclaredConstructors()) {
            if (visible(constructor.getModifiers()) && !constructor.isSynthetic()) {
                rows.add(executable(type, "ctor", "<init>", void.class, constructor));
            }
        }
        for (final Method method : type.getDeclaredMethods()) {
            if (visible(method.getModifiers()) && !method.isSynthetic()) {
                rows.add(
                        executable(
                                type, "method", method.getName(), method.getReturnType(), method));
            }
        }
        return rows;
    }

    private static String type(Class<?> type) {
        String kind = type.isEnum() ? "enum" : type.isInterface() ? "interface" : "class";
        String superType = type.isInterface() ? "java/lang/Object" : type.getSuperclass().getName();
        String modifiers =
                Modifier.toString(
                        type.getModifiers()
                                & ~Modifier.INTERFACE
                                & ~(type.isInterface() ? Modifier.ABSTRACT : 0)
                                & ~(type.isEnum() ? Modifier.FINAL : 0));
        String[] interfaces =
                Arrays.stream(type.getInterfaces()).map(Class::getName).toArray(String[]::new);
        return typeRow(type.getName(), kind, superType.replace('.', '/'), interfaces, modifiers);
    }

    private static String field(Class<?> type, Field field) throws IllegalAccessException {
        String modifiers = Modifier.toString(field.getModifiers());
        if (field.isEnumConstant()) {
            modifiers += " enum";
        } else if (Modifier.isStatic(field.getModifiers())) {
            modifiers += " const=" + field.getType().getSimpleName() + " " + field.get(null);
        }
        return String.join(
                ",",
                type.getName(),
                "field",
                field.getName() + " " + field.getType().descriptorString(),
                modifiers);
    }

    private static String executable(
            Class<?> type, String kind, String name, Class<?> result, Executable executable) {
        String modifiers =
                Modifier.toString(
                        executable.getModifiers() & ~Modifier.TRANSIENT & ~Modifier.VOLATILE);
        if (executable instanceof Method method && method.isDefault()) {
            modifiers += " default";
        }
        if (executable.isVarArgs()) {
            modifiers += " varargs";
        }
        String[] exceptions =
                Arrays.stream(executable.getExceptionTypes())
                        .map(Class::getName)
                        .toArray(String[]::new);
        return String.join(
                ",",
                type.getName(),
                kind,
                name
                        + MethodType.methodType(result, executable.getParameterTypes())
                                .descriptorString(),
                modifiers + throwing(exceptions));
    }

    private static boolean visible(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }
}
