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
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SliceRule;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.NullMarked;

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
                    "javax.crypto..",
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

    /** Elsewhere NullAway would check nothing. */
    @ArchTest
    static final ArchRule packagesAreNullMarked = classes()
            .should(ArchCondition.from(DescribedPredicate.describe(
                    "be in a package that is @NullMarked",
                    type -> type.getPackage().isAnnotatedWith(NullMarked.class))));

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.warmlane.(**)").should().beFreeOfCycles();

    /** A room is a folder with all that is in it. */
    @ArchTest
    static final ArchRule roomsHaveNoCycles =
            slices().matching("dev.warmlane.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule roomsWithinRoomsHaveNoCycles =
            slices().matching("dev.warmlane.(*).(*)..").should().beFreeOfCycles();

    /** Files that know each other in a circle, because they are halves of one thing; all others can be read one after the other. */
    private static final List<Set<String>> HALVES = List.of(
            // What was read, and what reads it.
            Set.of("core.vllm.GenerationRequest", "core.vllm.RequestReader"),
            // A request on its way, and where it tells what becomes of it.
            Set.of("core.routing.Router", "core.routing.Dispatch"),
            // A simulated server, and the paths by which tests change it.
            Set.of("tools.simulator.SimulatedServer", "tools.simulator.AdminApi"),
            // A request looks for a connection, which waits for requests.
            Set.of(
                    "proxy.upstream.UpstreamClient",
                    "proxy.upstream.UpstreamAttempt",
                    "proxy.upstream.UpstreamExchange",
                    "proxy.upstream.UpstreamResponse",
                    "proxy.upstream.UpstreamConnection",
                    "proxy.upstream.EndpointConnections"));

    @ArchTest
    static final ArchRule onlyHalvesOfOneThingKnowEachOtherInACircle = filesAreFreeOfCyclesBut(HALVES);

    private static ArchRule filesAreFreeOfCyclesBut(List<Set<String>> circles) {
        SliceRule rule = slices().assignedFrom(new EachFile()).should().beFreeOfCycles();
        for (Set<String> circle : circles) {
            DescribedPredicate<JavaClass> inside =
                    DescribedPredicate.describe("of " + circle, type -> circle.contains(file(type)));
            rule = rule.ignoreDependency(inside, inside);
        }
        return rule;
    }

    private static String file(JavaClass type) {
        return type.getName().split("\\$", 2)[0].replace("dev.warmlane.", "");
    }

    /** A slice for each file, with its nested classes. */
    private static final class EachFile implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            return SliceIdentifier.of(file(type));
        }

        @Override
        public String getDescription() {
            return "files";
        }
    }
}
