package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ProblemCatalogueTest {
    private final List<ProblemCatalogue.Entry> entries = ProblemCatalogue.load().entries();

    @Test
    void eachEntryTellsWhatToDo() {
        assertThat(entries).allSatisfy(entry -> {
            assertThat(entry.severity()).isIn("critical", "warning", "info");
            assertThat(entry.title()).isNotBlank();
            assertThat(entry.meaning()).isNotBlank();
            assertThat(entry.causes()).as(entry.id()).isNotEmpty();
            assertThat(entry.actions()).as(entry.id()).isNotEmpty();
        });
    }

    @Test
    void hasEveryProblemThatIsDiagnosed() throws IOException {
        String source = Files.readString(Path.of("src/main/java/dev/warmlane/ops/dashboard/Diagnosis.java"))
                + Files.readString(Path.of("src/main/java/dev/warmlane/ops/dashboard/CacheDiagnosis.java"));
        List<String> diagnosed = Pattern.compile("(?:ofPool|ofEndpoint|new Problem)\\(\"([a-z-]+)\"")
                .matcher(source)
                .results()
                .map((MatchResult result) -> result.group(1))
                .toList();

        assertThat(diagnosed).isNotEmpty();
        assertThat(entries).extracting(ProblemCatalogue.Entry::id).containsAll(diagnosed);
    }
}
