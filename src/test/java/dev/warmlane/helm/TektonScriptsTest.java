package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.tekton.pipeline.v1.Param;
import io.fabric8.tekton.pipeline.v1.ParamValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the Tasks' scripts make of the ways in which their commands can end, which stand-ins take one after the other. */
class TektonScriptsTest {
    private static final String REPORT = """
            {
              "hitRatio": 0.875, "stickiness": 1.0,
              "pods": [{"name": "vllm-0", "hitRatio": 0.5}],
              "sessionIds": ["a-1", "a-2"]
            }
            """;

    @TempDir
    Path folder;

    private LocalTaskRun run;

    @Test
    void validateGivesItsResultsAndSucceeds() throws Exception {
        command("warmlane", "cat <<'JSON'\n" + REPORT + "\nJSON\n");
        assertThat(run("warmlane-validate", param("turns", "6"))).isZero();
        assertThat(run.result("hit-ratio")).isEqualTo("0.875");
        assertThat(run.result("stickiness")).isEqualTo("1.0");
        assertThat(run.result("session-ids").strip()).isEqualTo("a-1,a-2");
        assertThat(Files.readString(folder.resolve("validate.json"))).contains("\"vllm-0\"");
        assertThat(Files.readString(folder.resolve("summary.md"))).contains("| 5 | 6 | 0.875 | 1.0 | yes |");
        assertThat(calls())
                .isEqualTo("warmlane validate --gateway http://warmlane --management http://warmlane-management:8081"
                        + " --sessions 5 --turns 6 --min-hit-ratio 0.80 --min-stickiness 1.0 --format json\n");
    }

    @Test
    void validateFailsWhenTheCommandFails() throws Exception {
        command("warmlane", "cat <<'JSON'\n" + REPORT + "\nJSON\nexit 1\n");
        assertThat(run("warmlane-validate")).isEqualTo(1);
        assertThat(run.result("hit-ratio")).isEqualTo("0.875");
        assertThat(Files.readString(folder.resolve("summary.md"))).contains("| no |");
    }

    @Test
    void validateFailsWhenTheCommandSaysNothing() throws Exception {
        command("warmlane", "exit 2\n");
        assertThat(run("warmlane-validate")).isEqualTo(2);
        assertThat(run.result("hit-ratio")).isEmpty();
    }

    @Test
    void validateKeepsItsResultsBelowTektonsLimit() throws Exception {
        String ids = String.join(
                ",",
                IntStream.range(0, 1000)
                        .mapToObj("\"validate-01234567-session-%d\""::formatted)
                        .toList());
        command("warmlane", "echo '{\"sessionIds\": [" + ids + "]}'\n");
        run("warmlane-validate");
        assertThat(run.result("session-ids").split(",")).hasSize(50);
        assertThat(run.result("session-ids")).hasSizeLessThan(4096 / 2);
    }

    @Test
    void validatePassesFurtherOptionsAsTheyAre() throws Exception {
        command("warmlane", "for option; do echo \"<$option>\"; done >> " + folder.resolve("calls") + "\n");
        Param options = new Param("options", new ParamValue(List.of("--max-imbalance=1.5", "--model=a model")));
        assertThat(run("warmlane-validate", options)).isZero();
        assertThat(calls()).contains("<--max-imbalance=1.5>\n<--model=a model>\n");
    }

    @Test
    void validateReadsNoValueAsPartOfItsScript() throws Exception {
        command("warmlane", "echo '{}'\n");
        run("warmlane-validate", param("sessions", "$(touch " + folder.resolve("broken") + ")"));
        assertThat(folder.resolve("broken")).doesNotExist();
    }

    @Test
    void rampGoesUntilItMisses() throws Exception {
        command("warmlane", "cat <<'JSON'\n" + REPORT + "\nJSON\ncase \"$*\" in *'--sessions 5 '*) exit 1;; esac\n");
        assertThat(run("warmlane-ramp", param("steps", "1 2 5 10"))).isEqualTo(1);
        assertThat(run.result("sessions")).isEqualTo("2");
        assertThat(calls().lines()).hasSize(3);
        assertThat(Files.readString(folder.resolve("summary.md")))
                .contains("| 2 | 0.875 | 1.0 | yes |")
                .contains("| 5 | 0.875 | 1.0 | no |");
    }

    @Test
    void rampSucceedsWhenEveryStepDoes() throws Exception {
        command("warmlane", "cat <<'JSON'\n" + REPORT + "\nJSON\n");
        assertThat(run("warmlane-ramp", param("steps", "1 2"))).isZero();
        assertThat(run.result("sessions")).isEqualTo("2");
    }

    @Test
    void restartPodsGoesThroughDeploymentsOneByOne() throws Exception {
        command("kubectl", "case \"$*\" in *' get '*) printf 'deployment.apps/a\\ndeployment.apps/b\\n';; esac\n");
        assertThat(restart()).isZero();
        assertThat(calls()).isEqualTo("""
                kubectl -n models get deployments -l app=vllm -o name
                kubectl -n models rollout restart deployment.apps/a
                kubectl -n models rollout status deployment.apps/a --timeout 45m
                kubectl -n models rollout restart deployment.apps/b
                kubectl -n models rollout status deployment.apps/b --timeout 45m
                """);
        assertThat(run.result("restarted")).isEqualTo("deployment.apps/a deployment.apps/b");
    }

    @Test
    void restartPodsStopsAtTheFirstThatIsNotReady() throws Exception {
        command(
                "kubectl",
                "case \"$*\" in *' get '*) printf 'deployment.apps/a\\ndeployment.apps/b\\n';; *status*) exit 1;; esac\n");
        assertThat(restart()).isEqualTo(1);
        assertThat(calls()).doesNotContain("deployment.apps/b");
    }

    @Test
    void restartPodsFailsWhereThereIsNothingToRestart() throws Exception {
        command("kubectl", "");
        assertThat(restart()).isEqualTo(1);
        assertThat(run.output()).contains("selector: app=vllm (expected: labels of at least one Deployment in models)");
    }

    private int restart() {
        return run("warmlane-restart-pods", param("selector", "app=vllm"));
    }

    private int run(String task, Param... params) {
        LocalTaskRun.Cluster cluster = new LocalTaskRun.Cluster(folder, "models", Map.of(), Map.of());
        run = new LocalTaskRun(task, Stream.of(params).toList(), folder.resolve("run"), folder.toString(), cluster);
        return run.run();
    }

    private static Param param(String name, String value) {
        return new Param(name, new ParamValue(value));
    }

    private void command(String name, String body) throws IOException {
        LocalTaskRun.executable(
                folder.resolve(name),
                "#!/bin/sh\necho \"%s $*\" >> %s\n%s".formatted(name, folder.resolve("calls"), body));
    }

    private String calls() throws IOException {
        return Files.readString(folder.resolve("calls"));
    }
}
