package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.tekton.pipeline.v1.Param;
import io.fabric8.tekton.pipeline.v1.Pipeline;
import io.fabric8.tekton.pipeline.v1.PipelineTask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A Pipeline of config/tekton without Tekton: its Tasks one after the other, until one fails. */
public final class LocalPipelineRun {
    private final Pipeline pipeline;
    private final Path report;
    private final Path files;
    private final LocalTaskRun.Cluster cluster;
    private final References references = new References();
    private final List<String> succeeded = new ArrayList<>();
    private final StringBuilder output = new StringBuilder();

    /**
     * Makes a run that has not begun.
     *
     * @param params what differs from the defaults
     * @param folder gets the workspace "report", and the Tasks' own files
     */
    public LocalPipelineRun(String name, List<Param> params, Path folder, LocalTaskRun.Cluster cluster) {
        this.pipeline = TektonFiles.named(Pipeline.class, name);
        this.report = folder.resolve("report");
        this.files = folder.resolve("tasks");
        this.cluster = cluster;
        references.put("context.pipelineRun.namespace", cluster.namespace());
        references.putDefaults(pipeline.getSpec().getParams());
        params.forEach(param -> references.put("params." + param.getName(), param.getValue()));
    }

    /** Runs it to its end; returns whether every Task succeeded. */
    public boolean run() {
        return pipeline.getSpec().getTasks().stream().allMatch(this::succeeds);
    }

    /** Names of the Tasks that succeeded, in their order. */
    public List<String> succeeded() {
        return List.copyOf(succeeded);
    }

    /** The results of a run that succeeded, by name. */
    public Map<String, String> results() {
        Map<String, String> results = new HashMap<>();
        pipeline.getSpec()
                .getResults()
                .forEach(result -> results.put(
                        result.getName(), references.replaced(result.getValue().getStringVal())));
        return results;
    }

    /** A file of the workspace "report". */
    public Path report(String path) {
        return report.resolve(path);
    }

    /** What the Tasks printed. */
    public String output() {
        return output.toString();
    }

    private boolean succeeds(PipelineTask task) {
        assertThat(succeeded).containsAll(task.getRunAfter());
        LocalTaskRun run = new LocalTaskRun(
                task.getTaskRef().getName(),
                task.getParams().stream().map(references::replaced).toList(),
                files.resolve(task.getName()),
                workspace(task),
                cluster);
        int exitCode = run.run();
        output.append(run.output());
        if (exitCode != 0) {
            return false;
        }
        succeeded.add(task.getName());
        TektonFiles.named(
                        io.fabric8.tekton.pipeline.v1.Task.class,
                        task.getTaskRef().getName())
                .getSpec()
                .getResults()
                .forEach(result -> references.put(
                        "tasks.%s.results.%s".formatted(task.getName(), result.getName()),
                        run.result(result.getName())));
        return true;
    }

    private String workspace(PipelineTask task) {
        if (task.getWorkspaces().isEmpty()) {
            return "";
        }
        try {
            return Files.createDirectories(report(task.getWorkspaces().get(0).getSubPath()))
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
