package dev.warmlane.tools.simulator.engine;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.warmlane.tools.WrongArgumentException;
import org.junit.jupiter.api.Test;

class EnginePackageTest {

    @Test
    void theEngineKnowsNothingButTheJdk() {
        classes()
                .that()
                .resideInAPackage("dev.warmlane.tools.simulator.engine")
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage("java..", "org.jspecify..", "dev.warmlane.tools.simulator.engine")
                                // A message and no more.
                                .or(type(WrongArgumentException.class)))
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.warmlane.tools.simulator.engine"));
    }
}
