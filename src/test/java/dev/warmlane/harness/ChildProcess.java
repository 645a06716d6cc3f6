package dev.warmlane.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Runs commands that end by themselves. One that does not is killed: who reads what a process prints waits for its end, and no timeout of
 * a test can interrupt that.
 */
public final class ChildProcess {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Executor LATER =
            CompletableFuture.delayedExecutor(LIMIT.toMillis(), TimeUnit.MILLISECONDS, Runnable::run);

    private ChildProcess() {}

    /** How a command ended, and what it has printed: its errors are among that where the command says so, else nowhere. */
    public record Ended(int exitCode, String output) {}

    /** Runs it to its end, for two minutes at most; after that its exit code is that of a process that was killed. */
    public static Ended run(ProcessBuilder command) throws IOException, InterruptedException {
        return run(command, LATER);
    }

    static Ended run(ProcessBuilder command, Executor later) throws IOException, InterruptedException {
        if (!command.redirectErrorStream()) {
            command.redirectError(ProcessBuilder.Redirect.DISCARD);
        }
        Process process = command.start();
        later.execute(() -> {
            List<ProcessHandle> started = process.descendants().toList();
            // By its handle, which leaves its output to who reads it.
            process.toHandle().destroyForcibly();
            // They have its output, too.
            started.forEach(ProcessHandle::destroyForcibly);
        });
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), output);
    }
}
