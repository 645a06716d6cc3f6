package dev.warmlane.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.monitoring.GrafanaDashboards.Query;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Prometheus itself says of the rules and of what the dashboards ask it. */
@Tag("processes")
class PromtoolIT {
    @Test
    void rulesAreValid() throws Exception {
        Promtool.Verdict verdict =
                Promtool.run("check", "rules", "--lint=all", "--lint-fatal", AlertRules.FILE.toString());

        assertThat(verdict.exitCode()).as(verdict.output()).isZero();
    }

    @Test
    void alertsFireAndStayQuietAsTheirTestsSay() throws Exception {
        Promtool.Verdict verdict = Promtool.run(Stream.concat(Stream.of("test", "rules"), AlertRules.TESTS.stream())
                .toArray(String[]::new));

        assertThat(verdict.exitCode()).as(verdict.output()).isZero();
    }

    @Test
    void dashboardsAskWhatPrometheusUnderstands(@TempDir Path folder) throws Exception {
        List<Query> queries = GrafanaDashboards.queries();
        StringBuilder file = new StringBuilder("groups:\n  - name: dashboards\n    rules:\n");
        for (int i = 0; i < queries.size(); i++) {
            Query query = queries.get(i);
            file.append("      # %s\n      - {record: 'dashboards:query%d', expr: '%s'}\n"
                    .formatted(query.where(), i, query.filled()));
        }
        Path written = Files.writeString(folder.resolve("dashboards.yaml"), file);

        Promtool.Verdict verdict = Promtool.run("check", "rules", written.toString());

        assertThat(verdict.exitCode()).as(verdict.output() + file).isZero();
        assertThat(verdict.output()).contains(queries.size() + " rules found");
    }
}
