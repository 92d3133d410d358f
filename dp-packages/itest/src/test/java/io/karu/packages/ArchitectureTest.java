package io.karu.packages;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Bundles know only what stands on a lower floor, and Kura only where they adapt to it. */
class ArchitectureTest {

    private static final Path BUNDLES = Path.of("../../bundles");

    private static final Set<String> TOOLKITS =
            Set.of(
                    "io.karu.onnx",
                    "io.karu.vision",
                    "io.karu.modelversion",
                    "io.karu.learning",
                    "io.karu.learning.djl",
                    "io.karu.kura");

    /** What a bundle may use of other bundles; one that is not listed may use nothing. */
    private static final Map<String, Set<String>> FLOORS =
            Map.ofEntries(
                    Map.entry("io.karu.vision", apiAndToolkits()),
                    Map.entry("io.karu.modelversion", Set.of("io.karu.api")),
                    Map.entry("io.karu.learning", apiAndToolkits()),
                    Map.entry("io.karu.learning.djl", apiAndToolkits()),
                    Map.entry("io.karu.engine.onnx", apiAndToolkits()),
                    Map.entry("io.karu.worker", apiAndToolkits()),
                    Map.entry("io.karu.compression", with("io.karu.worker")),
                    Map.entry("io.karu.models", apiAndToolkits()),
                    Map.entry("io.karu.samples", apiAndToolkits()),
                    Map.entry("io.karu.uplink", apiAndToolkits()),
                    Map.entry("io.karu.station", apiAndToolkits()),
                    Map.entry("io.karu.page", apiAndToolkits()),
                    Map.entry("io.karu.page.javax", Set.of("io.karu.page")),
                    Map.entry("io.karu.page.jakarta", Set.of("io.karu.page")),
                    Map.entry("io.karu.gateway", TOOLKITS));

    private static JavaClasses all;
    private static List<String> names;

    @BeforeAll
    static void readClasses() throws IOException {
        Map<String, Path> folders = new HashMap<>();
        try (Stream<Path> bundles = Files.list(BUNDLES)) {
            bundles.map(bundle -> bundle.resolve("target/classes"))
                    .filter(Files::isDirectory)
                    .forEach(classes -> folders.put(classes.getName(3).toString(), classes));
        }
        names =
                folders.keySet().stream()
                        .sorted(Comparator.comparing(String::length).reversed())
                        .toList();
        all = new ClassFileImporter().importPaths(folders.values());
        assertTrue(names.containsAll(FLOORS.keySet()), "built are only " + names);
        assertTrue(all.size() > 200, "found only " + all.size() + " classes");
    }

    @Test
    void bundlesKnowOnlyWhatStandsBelow() {
        classes().that().resideInAPackage("io.karu..").should(knowOnlyLowerFloors()).check(all);
    }

    @Test
    void onlyKuraPackagesAdaptToKura() {
        noClasses()
                .that()
                .resideInAPackage("io.karu..")
                .and()
                .resideOutsideOfPackages("io.karu..kura..", "io.karu.gateway..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.eclipse.kura..")
                .check(all);
        noClasses()
                .that()
                .resideInAPackage("io.karu.kura..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.eclipse.kura..")
                .because("the toolkit also serves the aggregator")
                .check(all);
    }

    @Test
    void nothingKnowsKurasImplementation() {
        Set<String> api =
                all.stream()
                        .map(JavaClass::getPackageName)
                        .filter(name -> name.startsWith("org.eclipse.kura"))
                        .collect(Collectors.toSet());
        noClasses()
                .that()
                .resideInAPackage("io.karu..")
                .should()
                .dependOnClassesThat(
                        DescribedPredicate.describe(
                                "are of Kura but not of its declared API",
                                type ->
                                        type.getPackageName().startsWith("org.eclipse.kura")
                                                && !api.contains(type.getPackageName())))
                .check(all);
    }

    @Test
    void theContractsUseOnlyJava() {
        classes()
                .that()
                .resideInAPackage("io.karu.api..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "io.karu.api..", "org.osgi.annotation..")
                .check(all);
    }

    @Test
    void toolkitsKnowNoComponentsAndNoServices() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.karu.onnx..",
                        "io.karu.vision..",
                        "io.karu.modelversion..",
                        "io.karu.learning..",
                        "io.karu.kura..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.osgi.service..", "org.osgi.util..")
                .check(all);
    }

    @Test
    void onlyTheAdaptersOfThePageKnowServlets() {
        noClasses()
                .that()
                .resideInAPackage("io.karu..")
                .and()
                .resideOutsideOfPackages(
                        "io.karu.page.javax..", "io.karu.page.jakarta..", "io.karu.gateway..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "javax.servlet..", "jakarta.servlet..", "javax.ws.rs..", "jakarta.ws.rs..")
                .check(all);
    }

    private static ArchCondition<JavaClass> knowOnlyLowerFloors() {
        return new ArchCondition<>("know only bundles of lower floors") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                String own = bundle(type).orElse("");
                Set<String> allowed = FLOORS.getOrDefault(own, Set.of());
                for (final Dependency dependency : type.getDirectDependenciesFromSelf()) {
                    bundle(dependency.getTargetClass())
                            .filter(other -> !other.equals(own) && !allowed.contains(other))
                            .ifPresent(
                                    other ->
                                            events.add(
                                                    SimpleConditionEvent.violated(
                                                            type,
                                                            own
                                                                    + " knows "
                                                                    + other
                                                                    + ": "
                                                                    + dependency
                                                                            .getDescription())));
                }
            }
        };
    }

    /** The bundle with the longest name that the package begins with. */
    private static Optional<String> bundle(JavaClass type) {
        String name = type.getPackageName() + ".";
        return names.stream().filter(bundle -> name.startsWith(bundle + ".")).findFirst();
    }

    private static Set<String> with(String bundle) {
        return Stream.concat(apiAndToolkits().stream(), Stream.of(bundle))
                .collect(Collectors.toSet());
    }

    private static Set<String> apiAndToolkits() {
        return Stream.concat(Stream.of("io.karu.api"), TOOLKITS.stream())
                .collect(Collectors.toSet());
    }
}
