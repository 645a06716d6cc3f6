package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.SecretKeySelector;
import io.fabric8.tekton.pipeline.v1.Param;
import io.fabric8.tekton.pipeline.v1.Step;
import io.fabric8.tekton.pipeline.v1.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A Task of config/tekton without Tekton: the script of its step, with environment and arguments as Tekton would give them. */
public final class LocalTaskRun {
    private static final long PATIENCE_MINUTES = 5;

    private final Task task;
    private final Path folder;
    private final Cluster cluster;
    private final References references = new References();

    /**
     * What a cluster would lend the run.
     *
     * @param commands a folder of the image's commands, found before the machine's own
     * @param namespace where it runs
     * @param secrets the value of each Secret's only key, by the Secret's name
     * @param environment further variables, over the Task's own
     */
    public record Cluster(
            Path commands, String namespace, Map<String, String> secrets, Map<String, String> environment) {}

    /**
     * Makes a run that has not begun.
     *
     * @param params what differs from the defaults
     * @param folder gets the run's files
     * @param workspace the folder of the workspace "report"; empty: none is bound
     */
    public LocalTaskRun(String name, List<Param> params, Path folder, String workspace, Cluster cluster) {
        this.task = TektonFiles.named(Task.class, name);
        this.folder = folder;
        this.cluster = cluster;
        references.put("context.taskRun.namespace", cluster.namespace());
        references.put("workspaces.report.path", workspace);
        references.putDefaults(task.getSpec().getParams());
        params.forEach(param -> references.put("params." + param.getName(), param.getValue()));
        task.getSpec()
                .getResults()
                .forEach(result -> references.put(
                        "results." + result.getName() + ".path",
                        file("result-" + result.getName()).toString()));
    }

    /** Runs it to its end; returns its exit code. */
    public int run() {
        assertThat(task.getSpec().getSteps()).hasSize(1);
        Step step = task.getSpec().getSteps().get(0);
        try {
            Files.createDirectories(folder);
            List<String> command = new ArrayList<>(
                    List.of(executable(file("script"), step.getScript()).toString()));
            command.addAll(references.replaced(step.getArgs()));
            ProcessBuilder shell = new ProcessBuilder(command).redirectErrorStream(true);
            shell.redirectOutput(file("output").toFile());
            shell.environment().keySet().removeIf(name -> name.startsWith("WARMLANE_"));
            shell.environment().put("PATH", cluster.commands() + ":" + System.getenv("PATH"));
            step.getEnv().forEach(variable -> put(variable, shell.environment()));
            shell.environment().putAll(cluster.environment());
            Process process = shell.start();
            if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError("still runs: " + output());
            }
            return process.exitValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What it printed. */
    public String output() {
        return read(file("output"));
    }

    /** A result that it wrote. */
    public String result(String name) {
        return read(file("result-" + name));
    }

    /** Puts a command into a folder. */
    public static Path executable(Path file, String script) throws IOException {
        return Files.setPosixFilePermissions(
                Files.writeString(file, script), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void put(EnvVar variable, Map<String, String> environment) {
        if (variable.getValueFrom() == null) {
            environment.put(variable.getName(), references.replaced(variable.getValue()));
            return;
        }
        SecretKeySelector selector = variable.getValueFrom().getSecretKeyRef();
        String value = cluster.secrets().get(references.replaced(selector.getName()));
        if (value != null) {
            environment.put(variable.getName(), value);
        } else {
            assertThat(selector.getOptional()).as("Secret " + selector).isTrue();
        }
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
