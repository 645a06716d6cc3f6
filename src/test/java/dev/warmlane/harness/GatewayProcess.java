package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A gateway in a process of its own, started as from the command line, that can be sent signals. */
public final class GatewayProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    /** How often to ask a process: a question of another process takes CPU that it needs for its start. */
    public static final Duration POLL = Duration.ofMillis(100);

    private final Process process;
    private final Path output;
    private final int port;
    private final int managementPort;

    private GatewayProcess(Process process, Path output, int port, int managementPort) {
        this.process = process;
        this.output = output;
        this.port = port;
        this.managementPort = managementPort;
    }

    /** Starts a process and does not wait for it. */
    public static GatewayProcess start(Path directory, String... settings) {
        return start(directory, new ProcessBuilder(WarmlaneJvm.command("-Xmx256m")), settings);
    }

    /** The same by another command, which gets "serve" and the settings as its arguments. */
    public static GatewayProcess start(Path directory, ProcessBuilder builder, String... settings) {
        int[] ports = {FreePorts.take(), FreePorts.take()};
        List<String> command = new ArrayList<>(builder.command());
        command.addAll(List.of(
                "serve",
                "--server.port=" + ports[0],
                "--server.address=127.0.0.1",
                "--management.server.port=" + ports[1],
                "--management.server.address=127.0.0.1",
                "--" + RunningGateway.WARM_UP + "0s"));
        for (String setting : settings) {
            command.add("--" + setting);
        }
        try {
            Path output = Files.createTempFile(directory, "gateway", ".log");
            Process process = builder.command(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            return new GatewayProcess(process, output, ports[0], ports[1]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until it says that it is ready. */
    public GatewayProcess awaitReady() {
        Awaitility.await().atMost(PATIENCE).pollInterval(POLL).until(() -> {
            assertThat(process.isAlive()).as(this::output).isTrue();
            return isReady();
        });
        return this;
    }

    /** What a load balancer asks. False also where nobody answers. */
    public boolean isReady() {
        return readiness() == 200;
    }

    /** The status of the readiness probe; 0 where nobody answers. */
    public int readiness() {
        try {
            return Wire.statusOf(managementPort, "GET /actuator/health/readiness HTTP/1.1\r\nHost: a\r\n\r\n");
        } catch (UncheckedIOException e) {
            return 0;
        }
    }

    /** Sends SIGTERM. */
    public void terminate() {
        process.toHandle().destroy();
    }

    public int awaitExit() {
        try {
            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .as(this::output)
                    .isTrue();
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public void awaitOutput(String text) {
        Awaitility.await().atMost(PATIENCE).pollInterval(POLL).until(() -> output().contains(text));
    }

    /** Everything it has printed. */
    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    public URI management(String path) {
        return URI.create("http://127.0.0.1:" + managementPort + path);
    }

    @Override
    public void close() {
        process.destroyForcibly();
        awaitExit();
        assertThat(output()).as("Netty's log of leaks").doesNotContain("LEAK:");
    }
}
