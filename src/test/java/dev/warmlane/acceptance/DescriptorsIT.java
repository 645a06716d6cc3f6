package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.GatewayProcess;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.WarmlaneJvm;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More connections of clients than there may be, or than there are file descriptors for. */
@Tag("processes")
class DescriptorsIT {
    private static final int DESCRIPTORS = 1024;
    private static final String CHAT = request("POST /v1/chat/completions", "{\"messages\":[]}");
    private static final String MODELS = request("GET /v1/models", "");

    @TempDir
    private Path directory;

    private final HandDrivenEngine engine = HandDrivenEngine.start();
    private final List<Wire> clients = new ArrayList<>();

    @AfterEach
    void stop() {
        clients.forEach(Wire::close);
        engine.close();
    }

    @Test
    void theManagementPortHasSoManyConnectionsAndDropsTheSilent() {
        try (RunningGateway gateway = RunningGateway.inFrontOf(
                engine, "warmlane.management.connections=4", "warmlane.limits.header-timeout=2s")) {
            int port = gateway.management("/").getPort();
            String liveness = "GET /actuator/health/liveness HTTP/1.1\r\nHost: a\r\n\r\n";
            await().until(() -> Wire.statusOf(port, liveness) == 200);
            List<Wire> silent = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                silent.add(connect(port));
            }
            connect(port).awaitClosed();
            silent.get(0)
                    .sendUnlessClosed("GET /actuator/health/liveness HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
            silent.forEach(Wire::awaitClosed);
            await().until(() -> Wire.statusOf(port, liveness) == 200);
            assertThat(served(gateway.port())).isTrue();
        }
    }

    @Test
    void answersAFewConnectionsBeyondTheLimitAndClosesTheRest() {
        try (RunningGateway gateway = RunningGateway.inFrontOf(engine, "warmlane.limits.connections=2")) {
            await().until(() -> served(gateway.port()) && served(gateway.port()));

            Wire refused = connect(gateway.port());
            refused.send(CHAT);
            WireMessage refusal = refused.readMessage();
            assertThat(refusal.status()).isEqualTo(503);
            assertThat(refusal.header("retry-after")).isEqualTo("1");
            assertThat(refusal.header("connection")).isEqualTo("close");
            assertThat(refusal.text()).contains("\"code\":\"too_many_connections\"");
            refused.awaitClosed();
            assertThat(engine.requests()).isZero();

            for (int i = 0; i < 8; i++) {
                connect(gateway.port());
            }
            connect(gateway.port()).awaitClosed();

            clients.forEach(Wire::close);
            await().until(() -> served(gateway.port()));
        }
    }

    @Test
    void keepsDescriptorsForTheHealthPortAndForEngines() {
        try (GatewayProcess gateway = start()) {
            Wire first = connect(gateway.port());
            first.send(MODELS);
            assertThat(first.readMessage().status()).isEqualTo(200);
            for (int i = 0; i < DESCRIPTORS + 100; i++) {
                connect(gateway.port());
            }

            for (int i = 0; i < 20; i++) {
                assertThat(gateway.readiness()).isEqualTo(200);
            }
            first.send(CHAT);
            engine.next().answer("200 OK\r\nContent-Type: application/json", "{}");
            assertThat(first.readMessage().status()).isEqualTo(200);
            assertThat(gateway.output())
                    .contains("too many connections of clients")
                    .doesNotContain("Too many open files");
        }
    }

    @Test
    void blamesNoEngineForItsOwnLackOfDescriptors() {
        try (GatewayProcess gateway = start("warmlane.limits.connections=5000")) {
            Wire first = connect(gateway.port());
            first.send(MODELS);
            assertThat(first.readMessage().status()).isEqualTo(200);
            for (int i = 0; i < DESCRIPTORS + 100; i++) {
                connect(gateway.port());
            }
            gateway.awaitOutput("so nothing counts against endpoints: no file descriptors left");

            // A connection that just ended frees a descriptor, and the request may find it.
            WireMessage failed = response(first);
            while (failed.status() == 200) {
                failed = response(first);
            }
            assertThat(failed.status()).isEqualTo(503);
            assertThat(failed.text()).contains("\"code\":\"gateway_out_of_resources\"");
            gateway.awaitOutput("request failed: no file descriptors left");

            clients.subList(1, clients.size()).forEach(Wire::close);
            first.send(CHAT);
            engine.next().answer("200 OK\r\nContent-Type: application/json", "{}");
            assertThat(first.readMessage().status()).isEqualTo(200);
            assertThat(gateway.output()).doesNotContain("health check failed").doesNotContain("ejected");
        }
    }

    /** What a client gets to a chat; an engine that is asked answers it and closes the connection. */
    private WireMessage response(Wire client) {
        client.send(CHAT);
        CompletableFuture<WireMessage> response = CompletableFuture.supplyAsync(client::readMessage);
        await().until(() -> {
            Exchange asked = engine.poll();
            if (asked != null) {
                asked.answer("200 OK\r\nContent-Type: application/json\r\nConnection: close", "{}");
                asked.close();
            }
            return response.isDone();
        });
        return Awaited.result(response);
    }

    private GatewayProcess start(String... more) {
        List<String> settings = new ArrayList<>(List.of(more));
        settings.add("warmlane.endpoints=" + engine.uri());
        settings.add("warmlane.health.interval=200ms");
        List<String> command =
                new ArrayList<>(List.of("sh", "-c", "ulimit -n " + DESCRIPTORS + "; exec \"$0\" \"$@\""));
        command.addAll(WarmlaneJvm.command("-Xmx256m"));
        return GatewayProcess.start(directory, new ProcessBuilder(command), settings.toArray(new String[0]))
                .awaitReady();
    }

    private boolean served(int port) {
        Wire wire = connect(port);
        wire.send(MODELS);
        return wire.readMessage().status() == 200;
    }

    private Wire connect(int port) {
        Wire wire = Wire.to(port);
        clients.add(wire);
        return wire;
    }

    private static String request(String line, String body) {
        return line + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body;
    }
}
