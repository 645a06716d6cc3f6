package dev.warmlane;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The house as ARCHITECTURE.md draws it: arrows go down only. */
@AnalyzeClasses(packages = "dev.warmlane", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule layers = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("app")
            .definedBy("dev.warmlane", "dev.warmlane.app..")
            .layer("tools")
            .definedBy("dev.warmlane.tools..")
            .layer("ops")
            .definedBy("dev.warmlane.ops..")
            .layer("proxy")
            .definedBy("dev.warmlane.proxy..")
            .layer("engines")
            .definedBy("dev.warmlane.engines..")
            .layer("cluster")
            .definedBy("dev.warmlane.cluster..")
            .layer("settings")
            .definedBy("dev.warmlane.settings..")
            .layer("metrics")
            .definedBy("dev.warmlane.metrics..")
            .layer("core")
            .definedBy("dev.warmlane.core..")
            .whereLayer("app")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("tools")
            .mayOnlyBeAccessedByLayers("app")
            .whereLayer("ops")
            .mayOnlyBeAccessedByLayers("app")
            .whereLayer("proxy")
            .mayOnlyBeAccessedByLayers("app", "ops")
            .whereLayer("engines")
            .mayOnlyBeAccessedByLayers("app", "ops", "proxy")
            .whereLayer("cluster")
            .mayOnlyBeAccessedByLayers("app", "ops")
            .whereLayer("settings")
            .mayOnlyBeAccessedByLayers("app", "ops", "proxy", "engines", "cluster", "tools")
            .whereLayer("metrics")
            .mayOnlyBeAccessedByLayers("app", "ops", "proxy", "engines", "cluster");

    @ArchTest
    static final ArchRule onlyTheClustersTransportKnowsJGroups = noClasses()
            .that()
            .resideOutsideOfPackage("dev.warmlane.cluster")
            .or()
            .haveNameMatching("dev\\.warmlane\\.cluster\\.(ReplicaSharing|ClusterTransport)(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.jgroups..");

    @ArchTest
    static final ArchRule theCoreKnowsOnlyTheJdkCaffeineJSpecifyAndHashing = classes()
            .that()
            .resideInAPackage("dev.warmlane.core..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "com.github.benmanes.caffeine..",
                    "org.jspecify..",
                    "com.dynatrace.hash4j..",
                    "dev.warmlane.core..");

    /** Inside the core, sharing stands above routing and routing above the others, which know of each other only endpoints. */
    @ArchTest
    static final ArchRule insideTheCoreOnlyRoutingKnowsTheOthers = slices().matching("dev.warmlane.core.(*)..")
            .should()
            .notDependOnEachOther()
            .ignoreDependency(
                    JavaClass.Predicates.resideInAnyPackage("dev.warmlane.core.routing..", "dev.warmlane.core.sharing"),
                    DescribedPredicate.alwaysTrue())
            .ignoreDependency(
                    DescribedPredicate.alwaysTrue(),
                    JavaClass.Predicates.resideInAPackage("dev.warmlane.core.endpoint"));

    @ArchTest
    static final ArchRule onlyTheEdgeKnowsSpring = noClasses()
            .that()
            .resideInAnyPackage("dev.warmlane.engines..", "dev.warmlane.cluster..", "dev.warmlane.tools.simulator..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework..");

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.warmlane.(**)").should().beFreeOfCycles();
}
