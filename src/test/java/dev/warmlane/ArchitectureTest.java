package dev.warmlane;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.warmlane", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String[] CORE = {
        "dev.warmlane.endpoint",
        "dev.warmlane.health",
        "dev.warmlane.affinity",
        "dev.warmlane.prefix",
        "dev.warmlane.routing",
        "dev.warmlane.admission",
        "dev.warmlane.vllm"
    };

    @ArchTest
    static final ArchRule theCoreKnowsOnlyTheJdkCaffeineJSpecifyAndHashing = classes()
            .that()
            .resideInAnyPackage(CORE)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "com.github.benmanes.caffeine..",
                    "org.jspecify..",
                    "com.dynatrace.hash4j..",
                    "dev.warmlane.endpoint",
                    "dev.warmlane.health",
                    "dev.warmlane.affinity",
                    "dev.warmlane.prefix",
                    "dev.warmlane.routing",
                    "dev.warmlane.admission",
                    "dev.warmlane.vllm");

    @ArchTest
    static final ArchRule healthKnowsOnlyEndpoints = noClasses()
            .that()
            .resideInAPackage("dev.warmlane.health")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.warmlane.affinity", "dev.warmlane.prefix", "dev.warmlane.routing", "dev.warmlane.vllm");

    @ArchTest
    static final ArchRule admissionKnowsOnlyEndpoints = noClasses()
            .that()
            .resideInAPackage("dev.warmlane.admission")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.warmlane.affinity", "dev.warmlane.prefix", "dev.warmlane.routing", "dev.warmlane.vllm");

    @ArchTest
    static final ArchRule insideTheCoreOnlyRoutingKnowsTheOthers = noClasses()
            .that()
            .resideInAnyPackage("dev.warmlane.endpoint")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.warmlane.health",
                    "dev.warmlane.affinity",
                    "dev.warmlane.prefix",
                    "dev.warmlane.routing",
                    "dev.warmlane.vllm");

    @ArchTest
    static final ArchRule affinityKnowsOnlyEndpoints = noClasses()
            .that()
            .resideInAPackage("dev.warmlane.affinity")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.warmlane.prefix", "dev.warmlane.routing", "dev.warmlane.vllm");

    @ArchTest
    static final ArchRule prefixKnowsOnlyEndpoints = noClasses()
            .that()
            .resideInAPackage("dev.warmlane.prefix")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.warmlane.affinity", "dev.warmlane.routing", "dev.warmlane.vllm");

    @ArchTest
    static final ArchRule vllmKnowsOnlyEndpoints = noClasses()
            .that()
            .resideInAPackage("dev.warmlane.vllm")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.warmlane.affinity", "dev.warmlane.routing", "dev.warmlane.prefix");

    @ArchTest
    static final ArchRule onlyTheEdgeKnowsSpring = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.warmlane.discovery..",
                    "dev.warmlane.scrape..",
                    "dev.warmlane.healthcheck..",
                    "dev.warmlane.simulator..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework..");

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.warmlane.(*)..").should().beFreeOfCycles();
}
