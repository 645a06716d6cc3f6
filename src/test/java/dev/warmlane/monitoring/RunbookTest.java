package dev.warmlane.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Rewrite the page with {@code ./mvnw test -Dtest=RunbookTest -Drunbook.write=true}. */
class RunbookTest {
    private static final Path PAGE = Path.of("docs/runbook.md");

    @Test
    void saysWhatTheCatalogueAndTheRulesSay() throws IOException {
        if (Boolean.getBoolean("runbook.write")) {
            Files.writeString(PAGE, Runbook.text());
        }
        assertThat(Files.readString(PAGE)).isEqualTo(Runbook.text());
    }
}
