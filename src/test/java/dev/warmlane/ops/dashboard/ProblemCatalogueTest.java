package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
        String source = Files.readString(Path.of("src/main/java/dev/warmlane/ops/dashboard/Diagnosis.java"));
        List<String> diagnosed = Pattern.compile("(?:ofPool|ofEndpoint|new Problem)\\(\"([a-z-]+)\"")
                .matcher(source)
                .results()
                .map((MatchResult result) -> result.group(1))
                .toList();

        assertThat(diagnosed).isNotEmpty();
        assertThat(entries).extracting(ProblemCatalogue.Entry::id).containsAll(diagnosed);
    }

    /** Only what stands before it can be the cause of an entry that is shown under it, or two would hide each other. */
    @Test
    void causesLeadToRootsWithoutCircles() {
        Map<String, List<String>> causes =
                entries.stream().collect(Collectors.toMap(ProblemCatalogue.Entry::id, ProblemCatalogue.Entry::follows));
        assertThat(causes.get("errors")).contains("endpoint-ejected");
        causes.forEach((id, follows) -> {
            assertThat(causes.keySet()).as(id).containsAll(follows);
            Set<String> above = new HashSet<>(follows);
            for (int depth = 0; depth < entries.size(); depth++) {
                Set.copyOf(above).forEach(cause -> above.addAll(causes.get(cause)));
            }
            assertThat(above).as(id).doesNotContain(id);
        });
    }
}
