package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.Distribution;
import dev.warmlane.tools.replay.Bench.BenchReport;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportFormatTest {
    private static final List<ReportFormat.Row> ROWS = List.of(
            new ReportFormat.Row("trace, x1", "expected-cost", result(0.875, 90L)),
            new ReportFormat.Row("trace, x1", "random", result(null, 0L)));

    private static PolicyResult result(Double stickiness, long predictedTokens) {
        return result(stickiness, predictedTokens, 4, 1, 3, 2);
    }

    private static PolicyResult result(Double stickiness, long predictedTokens, double... seconds) {
        Distribution times = Distribution.of(seconds);
        return new PolicyResult(
                4,
                1,
                2,
                0.25,
                0.5,
                0.125,
                times,
                times,
                times,
                0.75,
                1.5,
                1.25,
                stickiness,
                predictedTokens,
                100,
                null,
                null,
                null,
                null,
                null,
                null);
    }

    @Test
    void percentilesAreValuesThatWereMeasured() {
        Distribution distribution = Distribution.of(new double[] {4, 1, 3, 2});
        assertThat(distribution).isEqualTo(new Distribution(2.5, 2, 4, 4));
        assertThat(Distribution.of(new double[0])).isEqualTo(new Distribution(0, 0, 0, 0));
    }

    @Test
    void tablesAlignNumbersToTheRight() {
        List<String> lines = ReportFormat.TABLE.write(ROWS).lines().toList();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(1))
                .startsWith("trace, x1  expected-cost         4 ")
                .endsWith("   0.875       0.900           -");
        assertThat(lines.get(2))
                .startsWith("trace, x1  random                4 ")
                .endsWith("       -           -           -");
        assertThat(lines.get(0)).hasSameSizeAs(lines.get(1));
    }

    @Test
    void narrowTablesFitATerminalAndNameWhatWentWrong() {
        ReportFormat.Row row = ROWS.get(0);
        List<ReportFormat.Row> longNames = List.of(new ReportFormat.Row(
                "conversation_trace x0.5", "expected-cost:kappa=1:stay-for=1.5s:shared-uses=4", row.result()));
        List<String> lines = ReportFormat.narrow(longNames).lines().toList();
        assertThat(lines).allMatch(line -> line.length() <= ReportFormat.NARROW);
        assertThat(String.join("\n", lines)).contains("refused", "lost", "ttft s", "p99", "sticky");
        assertThat(new BenchReport(
                                Stream.of(
                                                "sticky-until-saturated",
                                                "prefix-threshold",
                                                "consistent-hash",
                                                "least-requests",
                                                "expected-cost-mean")
                                        .map(policy -> new ReportFormat.Row("groups", policy, row.result()))
                                        .toList(),
                                ReportFormat.NARROW)
                        .write()
                        .lines())
                .allMatch(line -> line.length() <= ReportFormat.NARROW)
                .anyMatch(line -> line.contains("expected-cost-mean"));
    }

    @Test
    void aBenchComparesThePoliciesOfEachLoadWithTheBest() {
        PolicyResult quick = result(0.875, 90L, 0.99);
        PolicyResult slow = result(0.875, 90L, 2.99);
        assertThat(new BenchReport(
                                List.of(
                                        new ReportFormat.Row("groups", "round-robin", slow),
                                        new ReportFormat.Row("groups", "random", quick),
                                        new ReportFormat.Row("bursts", "round-robin", quick),
                                        new ReportFormat.Row("bursts", "random", quick)),
                                ReportFormat.NARROW)
                        .write())
                .containsPattern("TTFT over the best +best s +round-robin +random\n")
                .containsPattern("\ngroups +0.990 +3.00 +1.00\n")
                .containsPattern("\nbursts +0.990 +1.00 +1.00\n")
                .containsPattern("\ngeometric mean +1.732 +1.000\nworst +3.00 +1.00\non +groups +groups\n");
    }

    @Test
    void jsonHasANumberOrNullInEveryField() {
        JsonNode rows = JsonMapper.shared().readTree(ReportFormat.JSON.write(ROWS));
        assertThat(rows).hasSize(2);
        assertThat(rows.get(0).get("load").asString()).isEqualTo("trace, x1");
        assertThat(rows.get(0).get("tokenHitRatio").isNumber()).isTrue();
        assertThat(rows.get(0).get("ttftP90Seconds").doubleValue()).isEqualTo(4);
        assertThat(rows.get(0).get("requests").intValue()).isEqualTo(4);
        assertThat(rows.get(1).get("stickiness").isNull()).isTrue();
        assertThat(rows.get(1).get("predictedOverDelivered").isNull()).isTrue();
    }

    @Test
    void csvQuotesWhatHasCommas() {
        List<String> lines = ReportFormat.CSV.write(ROWS).lines().toList();
        assertThat(lines.get(0)).startsWith("load,policy,requests,refused,lost,tokenHitRatio,");
        assertThat(lines.get(1))
                .startsWith("\"trace, x1\",expected-cost,4,1,2,0.25,")
                .endsWith(",0.875,0.9,");
        assertThat(lines.get(2)).endsWith(",1.25,,,");
    }
}
