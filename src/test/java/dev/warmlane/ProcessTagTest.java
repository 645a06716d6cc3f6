package dev.warmlane;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;

/** Integration tests that start processes are tagged so, and run with {@code -Pall} alone: they would take {@code verify} its time. */
@AnalyzeClasses(packages = "dev.warmlane", importOptions = ImportOption.OnlyIncludeTests.class)
class ProcessTagTest {
    private static final String TAG = "processes";

    /** Runs keytool for a moment, once for all tests. */
    private static final String CERTIFICATES = "dev.warmlane.engines.client.Certificates";

    @ArchTest
    static final ArchRule integrationTestsThatStartProcessesAreTagged = classes()
            .that()
            .haveSimpleNameEndingWith("IT")
            .should(new ArchCondition<>("be tagged as what they start") {
                @Override
                public void check(JavaClass test, ConditionEvents events) {
                    if (startsProcesses(test) && !isTagged(test)) {
                        events.add(SimpleConditionEvent.violated(
                                test, "%s starts processes (expected: @Tag(\"%s\"))".formatted(test.getName(), TAG)));
                    }
                }
            });

    private static boolean isTagged(JavaClass test) {
        return test.isAnnotatedWith(Tag.class)
                && test.getAnnotationOfType(Tag.class).value().equals(TAG);
    }

    /** Whether it, or what it uses of the tests, makes a {@link ProcessBuilder}. */
    private static boolean startsProcesses(JavaClass test) {
        Set<JavaClass> seen = new HashSet<>(Set.of(test));
        Deque<JavaClass> next = new ArrayDeque<>(seen);
        while (!next.isEmpty()) {
            for (Dependency dependency : next.remove().getDirectDependenciesFromSelf()) {
                JavaClass used = dependency.getTargetClass();
                if (used.isEquivalentTo(ProcessBuilder.class)) {
                    return true;
                }
                boolean ofTests = used.getPackageName().startsWith("dev.warmlane")
                        && !used.getName().equals(CERTIFICATES);
                if (ofTests && seen.add(used)) {
                    next.add(used);
                }
            }
        }
        return false;
    }
}
