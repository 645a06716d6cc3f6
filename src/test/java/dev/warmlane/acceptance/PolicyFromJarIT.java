package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway whose policy is on the class path and not its own; it fails for short prompts where a pool has one endpoint. */
class PolicyFromJarIT {
    private static final String LONG = "long ".repeat(200);

    private static SimulatedFleet fleet;
    private static HandDrivenEngine mirror;
    private static RunningGateway gateway;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        fleet = SimulatedFleet.start(FleetOptions.instant(2));
        mirror = HandDrivenEngine.start();
        Path names = Files.writeString(
                folder.resolve("names.yaml"),
                "names: [{name: mirrored, targets: Qwen/Qwen3-0.6B, mirror: {model: m, max-in-flight: 1}}]");
        gateway = RunningGateway.inFrontOf(
                        fleet,
                        "warmlane.routing.policy=prompt-length",
                        "warmlane.pools[0].name=mirror",
                        "warmlane.pools[0].endpoints=" + mirror.uri(),
                        "warmlane.model-names.file=" + names)
                .ready();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        mirror.close();
        fleet.close();
    }

    @Test
    void choosesByWhatItReadsAndBindsNothing() {
        String ofLong = endpoint(chat(LONG));
        assertThat(endpoint(chat("short"))).isNotEqualTo(ofLong);
        assertThat(endpoint(chat("long ".repeat(100)))).isEqualTo(ofLong);
        assertThat(client.getJson(gateway.management("/actuator/affinity"))
                        .path("bindings")
                        .asInt(-1))
                .isZero();
    }

    @Test
    void aMirroredRequestForWhichItFailsTakesNoPlaceOfTheNext() {
        assertThat(mirrored("short").statusCode()).isEqualTo(200);
        await().untilAsserted(() -> assertThat(counted("failed")).isOne());
        assertThat(mirrored(LONG).statusCode()).isEqualTo(200);
        await().untilAsserted(
                        () -> assertThat(mirror.requests() + counted("skipped")).isOne());
        mirror.next().answer("200 OK", "{}");
        await().untilAsserted(() -> assertThat(counted("served")).isOne());
    }

    private static double counted(String result) {
        return RequestMeter.MIRRORED
                .counter(gateway.bean(MeterRegistry.class), "mirror", result)
                .count();
    }

    private static String endpoint(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-endpoint").orElseThrow();
    }

    private HttpResponse<String> chat(String prompt) {
        return send(ChatClient.body(prompt));
    }

    private HttpResponse<String> mirrored(String prompt) {
        return send(ChatClient.body(prompt).replace("Qwen/Qwen3-0.6B", "mirrored"));
    }

    private HttpResponse<String> send(String body) {
        return client.post(gateway.uri("/v1/chat/completions"), body, Map.of("x-session-id", "alice"));
    }
}
