package dev.warmlane.tools.simulator.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class EnginePackageTest {

    @Test
    void theEngineKnowsNothingButTheJdk() {
        classes()
                .that()
                .resideInAPackage("dev.warmlane.tools.simulator.engine")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "org.jspecify..", "dev.warmlane.tools.simulator.engine")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.warmlane.tools.simulator.engine"));
    }
}
