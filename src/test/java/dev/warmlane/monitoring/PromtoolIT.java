package dev.warmlane.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromtoolIT {
    @Test
    void rulesAreValid() throws Exception {
        Promtool.Verdict verdict =
                Promtool.run("check", "rules", "--lint=all", "--lint-fatal", AlertRules.FILE.toString());

        assertThat(verdict.exitCode()).as(verdict.output()).isZero();
    }

    @Test
    void alertsFireAndStayQuietAsTheirTestsSay() throws Exception {
        Promtool.Verdict verdict = Promtool.run("test", "rules", "config/prometheus/tests/warmlane-alerts-test.yaml");

        assertThat(verdict.exitCode()).as(verdict.output()).isZero();
    }
}
