package dev.warmlane.monitoring;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Prometheus' own checker. Tests that need it are skipped where it is absent. */
final class Promtool {
    private static final Path PROMTOOL = Path.of("/usr/bin/promtool");
    private static final int MINUTES = 10;

    private Promtool() {}

    /** What it says, and how it ended. */
    record Verdict(int exitCode, String output) {}

    static Verdict run(String... arguments) throws IOException, InterruptedException {
        assumeTrue(
                Files.isExecutable(PROMTOOL), "no " + PROMTOOL + ": alert rules and expressions are not checked by it");
        List<String> command = new ArrayList<>(List.of(PROMTOOL.toString()));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile("promtool", ".txt");
        try {
            ProcessBuilder promtool =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            // It makes much garbage and keeps little: a third of its time would go to collecting.
            promtool.environment().put("GOGC", "400");
            Process process = promtool.start();
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IllegalStateException(
                        "promtool: still running (expected: done in %d minutes)".formatted(MINUTES));
            }
            return new Verdict(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.delete(output);
        }
    }
}
