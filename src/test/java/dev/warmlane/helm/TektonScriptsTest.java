package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.tekton.pipeline.v1.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Tasks' scripts, run for real in a shell; commands that need a cluster are stand-ins that write down how they were called. */
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

    @Test
    void validateGivesItsResultsAndSucceeds() throws Exception {
        command("warmlane", "cat <<'JSON'\n" + REPORT + "\nJSON\n");
        assertThat(run("validate", validation("5"))).isZero();
        assertThat(result("hit-ratio")).isEqualTo("0.875");
        assertThat(result("stickiness")).isEqualTo("1.0");
        assertThat(result("session-ids")).isEqualTo("a-1,a-2");
        assertThat(Files.readString(folder.resolve("validate.json"))).contains("\"vllm-0\"");
        assertThat(Files.readString(folder.resolve("summary.md"))).contains("| 5 | 6 | 0.875 | 1.0 | yes |");
        assertThat(calls())
                .isEqualTo("warmlane validate --gateway http://g --management http://m:8081 --sessions 5 --turns 6"
                        + " --min-hit-ratio 0.8 --min-stickiness 1.0 --format json\n");
    }

    @Test
    void validateFailsWhenTheCommandFails() throws Exception {
        command("warmlane", "cat <<'JSON'\n" + REPORT + "\nJSON\nexit 1\n");
        assertThat(run("validate", validation("5"))).isEqualTo(1);
        assertThat(result("hit-ratio")).isEqualTo("0.875");
        assertThat(Files.readString(folder.resolve("summary.md"))).contains("| no |");
    }

    @Test
    void validateFailsWhenTheCommandSaysNothing() throws Exception {
        command("warmlane", "exit 2\n");
        assertThat(run("validate", validation("5"))).isEqualTo(2);
        assertThat(result("hit-ratio")).isEmpty();
    }

    @Test
    void validatePassesTheImbalanceOnlyWhenThereIsOne() throws Exception {
        command("warmlane", "echo '{}'\n");
        Map<String, String> environment = validation("5");
        environment.put("MAX_IMBALANCE", "1.5");
        assertThat(run("validate", environment)).isZero();
        assertThat(calls()).contains("--max-imbalance 1.5");
    }

    @Test
    void validateReadsNoValueAsPartOfItsScript() throws Exception {
        command("warmlane", "echo '{}'\n");
        Map<String, String> environment = validation("$(touch " + folder.resolve("broken") + ")");
        run("validate", environment);
        assertThat(folder.resolve("broken")).doesNotExist();
    }

    @Test
    void rampGoesUntilItMisses() throws Exception {
        command("warmlane", "cat <<'JSON'\n" + REPORT + "\nJSON\ncase \"$*\" in *'--sessions 5 '*) exit 1;; esac\n");
        Map<String, String> environment = validation("");
        environment.put("STEPS", "1 2 5 10");
        assertThat(run("ramp", environment)).isEqualTo(1);
        assertThat(result("sessions")).isEqualTo("2");
        assertThat(calls().lines()).hasSize(3);
        assertThat(Files.readString(folder.resolve("summary.md")))
                .contains("| 2 | 0.875 | 1.0 | yes |")
                .contains("| 5 | 0.875 | 1.0 | no |");
    }

    @Test
    void rampSucceedsWhenEveryStepDoes() throws Exception {
        command("warmlane", "cat <<'JSON'\n" + REPORT + "\nJSON\n");
        Map<String, String> environment = validation("");
        environment.put("STEPS", "1 2");
        assertThat(run("ramp", environment)).isZero();
        assertThat(result("sessions")).isEqualTo("2");
    }

    @Test
    void restartPodsGoesThroughDeploymentsOneByOne() throws Exception {
        command("kubectl", "case \"$*\" in *' get '*) printf 'deployment.apps/a\\ndeployment.apps/b\\n';; esac\n");
        assertThat(run("restart-pods", restart())).isZero();
        assertThat(calls()).isEqualTo("""
                kubectl -n models get deployments -l app=vllm -o name
                kubectl -n models rollout restart deployment.apps/a
                kubectl -n models rollout status deployment.apps/a --timeout 5m
                kubectl -n models rollout restart deployment.apps/b
                kubectl -n models rollout status deployment.apps/b --timeout 5m
                """);
        assertThat(result("restarted")).isEqualTo("deployment.apps/a deployment.apps/b");
    }

    @Test
    void restartPodsStopsAtTheFirstThatIsNotReady() throws Exception {
        command(
                "kubectl",
                "case \"$*\" in *' get '*) printf 'deployment.apps/a\\ndeployment.apps/b\\n';; *status*) exit 1;; esac\n");
        assertThat(run("restart-pods", restart())).isEqualTo(1);
        assertThat(calls()).doesNotContain("deployment.apps/b");
    }

    @Test
    void restartPodsFailsWhereThereIsNothingToRestart() throws Exception {
        command("kubectl", "");
        assertThat(run("restart-pods", restart())).isEqualTo(1);
        assertThat(Files.readString(folder.resolve("output")))
                .contains("selector: app=vllm (expected: labels of at least one Deployment in models)");
    }

    private Map<String, String> validation(String sessions) {
        return new HashMap<>(Map.of(
                "GATEWAY", "http://g",
                "MANAGEMENT", "http://m:8081",
                "SESSIONS", sessions,
                "TURNS", "6",
                "MIN_HIT_RATIO", "0.8",
                "MIN_STICKINESS", "1.0",
                "MAX_IMBALANCE", "",
                "REPORT", folder.toString()));
    }

    private static Map<String, String> restart() {
        return Map.of("NAMESPACE", "models", "SELECTOR", "app=vllm", "TIMEOUT", "5m");
    }

    private void command(String name, String body) throws IOException {
        Path command = Files.writeString(
                folder.resolve(name),
                "#!/bin/sh\necho \"%s $*\" >> %s\n%s".formatted(name, folder.resolve("calls"), body));
        Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private int run(String task, Map<String, String> environment) throws Exception {
        Task read = (Task) StrictModels.read(Files.readString(Path.of("config/tekton/task-" + task + ".yaml")))
                .get(0);
        Path script = Files.writeString(
                folder.resolve("script"), read.getSpec().getSteps().get(0).getScript());
        ProcessBuilder shell = new ProcessBuilder("sh", script.toString()).redirectErrorStream(true);
        shell.redirectOutput(folder.resolve("output").toFile());
        shell.environment().put("PATH", folder + ":" + System.getenv("PATH"));
        shell.environment().putAll(environment);
        read.getSpec()
                .getResults()
                .forEach(result -> shell.environment()
                        .put(
                                result.getName()
                                                .toUpperCase(java.util.Locale.ROOT)
                                                .replace('-', '_') + "_RESULT",
                                folder.resolve("result-" + result.getName()).toString()));
        Process process = shell.start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    private String calls() throws IOException {
        return Files.readString(folder.resolve("calls"));
    }

    private String result(String name) throws IOException {
        return Files.readString(folder.resolve("result-" + name));
    }
}
