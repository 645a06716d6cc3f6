package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A simulated server in a process of its own, started as from the command line, that can be sent signals. */
public final class SimulatorProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern ADDRESS = Pattern.compile("on (http://[\\d.:]+): ");

    private final Process process;
    private final Path output;

    private SimulatorProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** Starts a process and does not wait for it. */
    public static SimulatorProcess start(Path directory, String... options) {
        List<String> command = WarmlaneJvm.command("-Xmx128m");
        command.addAll(List.of("simulate", "--pods=1", "--port=0"));
        command.addAll(List.of(options));
        try {
            Path output = Files.createTempFile(directory, "simulator", ".log");
            return new SimulatorProcess(
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start(),
                    output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its address, once it listens. */
    public URI uri() {
        return await().atMost(PATIENCE).until(this::address, found -> found != null);
    }

    /** Sends it a signal, by the name that {@code kill} knows. */
    public void signal(String name) {
        try {
            assertThat(ChildProcess.run(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())))
                            .exitCode())
                    .isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    private URI address() {
        try {
            Matcher line = ADDRESS.matcher(Files.readString(output));
            assertThat(process.isAlive()).as(line.toString()).isTrue();
            return line.find() ? URI.create(line.group(1)) : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills it, stopped or not. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
