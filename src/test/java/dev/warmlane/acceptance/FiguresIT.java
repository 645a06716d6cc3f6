package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What the operators' page says of a gateway under traffic. */
class FiguresIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ChatClient client = new ChatClient();

    @Test
    void oneSessionOfOneRequestAtATimeShowsAsAllOfTheLoadAtOneEndpoint() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(4));
                RunningGateway gateway = RunningGateway.inFrontOf(fleet).ready()) {
            await().atMost(PATIENCE).untilAsserted(() -> {
                say(gateway, "alone", "hello");
                assertThat(live(gateway).at("/lastMinute/imbalance").asDouble()).isEqualTo(4);
            });
            assertThat(live(gateway).at("/lastMinute/promptTokenImbalance").asDouble())
                    .isEqualTo(4);
        }
    }

    @Test
    void hitsOfBeforeDoNotStayWhenAnEngineComesBackWithoutPrefixCaching() {
        FleetOptions cached = FleetOptions.instant(1);
        FleetOptions uncached;
        try (SimulatedFleet fleet = SimulatedFleet.start(cached)) {
            uncached = new FleetOptions("127.0.0.1", fleet.uris().get(0).getPort(), 1, uncached(cached));
            RunningGateway gateway = RunningGateway.inFrontOf(fleet, "warmlane.scrape.interval=100ms");
            try (gateway) {
                await().atMost(PATIENCE).untilAsserted(() -> {
                    say(gateway, "a", ChatClient.text(500, "instructions"));
                    assertThat(hitRatio(gateway, "60m").asDouble()).isPositive();
                });
                fleet.close();
                try (SimulatedFleet back = SimulatedFleet.start(uncached)) {
                    await().atMost(PATIENCE)
                            .untilAsserted(() -> assertThat(live(gateway)
                                            .at("/endpoints/0/prefixCaching")
                                            .asString())
                                    .isEqualTo("false"));
                    assertThat(hitRatio(gateway, "1m").asDouble(0)).isZero();
                    assertThat(hitRatio(gateway, "60m").asDouble(0)).isZero();
                    await().atMost(PATIENCE).untilAsserted(() -> {
                        say(gateway, "a", ChatClient.text(500, "instructions"));
                        assertThat(hitRatio(gateway, "60m").isNull()).isFalse();
                    });
                    assertThat(hitRatio(gateway, "60m").asDouble()).isZero();
                    assertThat(back.uris()).hasSize(1);
                }
            }
        }
    }

    @Test
    void targetsArePerPoolAndFollowThePolicy() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
                RunningGateway gateway = RunningGateway.start(
                        "warmlane.routing.policy=sticky",
                        "warmlane.pools[0].name=chat",
                        "warmlane.pools[0].models=chat",
                        "warmlane.pools[0].endpoints=" + fleet.uris().get(0),
                        "warmlane.pools[0].target-hit-ratio=0.9",
                        "warmlane.pools[1].name=embeddings",
                        "warmlane.pools[1].models=embeddings",
                        "warmlane.pools[1].endpoints=" + fleet.uris().get(1),
                        "warmlane.pools[1].target-hit-ratio=0",
                        "warmlane.pools[1].ttft-target=0s")) {
            assertThat(client.get(gateway.management("/actuator/prometheus"))
                            .body()
                            .lines()
                            .filter(line -> line.startsWith("warmlane_target{")))
                    .containsExactlyInAnyOrder(
                            "warmlane_target{pool=\"chat\",target=\"hit_ratio\"} 0.9",
                            "warmlane_target{pool=\"chat\",target=\"ttft_seconds\"} 2.0",
                            "warmlane_target{pool=\"chat\",target=\"stickiness\"} 0.999",
                            "warmlane_target{pool=\"embeddings\",target=\"stickiness\"} 0.999");
            assertThat(live(gateway).at("/targets/hitRatio").asDouble()).isEqualTo(0.9);
            assertThat(live(gateway).at("/targets/losingHits").isNull()).isTrue();
        }
    }

    @Test
    void tokensAreThoseThatTheEnginesProcessed() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
                RunningGateway gateway = RunningGateway.inFrontOf(
                        fleet, "warmlane.scrape.interval=100ms", "warmlane.usage.request=true")) {
            String text = ChatClient.text(300, "instructions");
            String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"max_tokens\":3".formatted(text);
            Map<String, String> bodies = Map.of(
                    "/v1/chat/completions",
                    messages,
                    "/v1/messages",
                    messages,
                    "/v1/completions",
                    "\"prompt\":\"%s\",\"max_tokens\":3".formatted(text),
                    "/v1/responses",
                    "\"input\":\"%s\",\"max_output_tokens\":3".formatted(text));
            // Its engines' counters count from the first look at each.
            await().atMost(PATIENCE)
                    .until(() -> samples(gateway, "warmlane_engine_prompt_tokens_total", "")
                                    .count()
                            == 2);
            bodies.forEach((path, body) -> {
                for (String stream : List.of("false", "true", "false")) {
                    assertThat(client.post(
                                            gateway.uri(path),
                                            "{\"stream\":%s,%s}".formatted(stream, body),
                                            Map.of("x-session-id", path))
                                    .statusCode())
                            .isEqualTo(200);
                }
            });
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(sum(gateway, "warmlane_engine_prompt_tokens_total", ""))
                        .isPositive()
                        .isEqualTo(sum(gateway, "warmlane_model_tokens_total", "kind=\"prompt\""));
                assertThat(sum(gateway, "warmlane_engine_prefix_cache_hit_tokens_total", ""))
                        .isPositive()
                        .isEqualTo(sum(gateway, "warmlane_model_tokens_total", "kind=\"cached\""));
                assertThat(sum(gateway, "warmlane_engine_generation_tokens_total", ""))
                        .isEqualTo(36)
                        .isEqualTo(sum(gateway, "warmlane_model_tokens_total", "kind=\"output\""));
            });
        }
    }

    private double sum(RunningGateway gateway, String metric, String label) {
        return samples(gateway, metric, label)
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private Stream<String> samples(RunningGateway gateway, String metric, String label) {
        return client.get(gateway.management("/actuator/prometheus"))
                .body()
                .lines()
                .filter(line -> line.startsWith(metric + "{") && line.contains(label));
    }

    private static ServerOptions uncached(FleetOptions options) {
        return options.server().withCache(new CacheConfig(16, 1000, false));
    }

    private void say(RunningGateway gateway, String session, String text) {
        client.new Conversation(gateway.uri("/v1/chat/completions"), "Be brief.", Map.of("x-session-id", session))
                .say(text);
    }

    private JsonNode hitRatio(RunningGateway gateway, String window) {
        return live(gateway).at("/hitRatio/" + window);
    }

    @Test
    void whatNoPoolGetsIsShownWithItsReason(@TempDir Path folder) throws IOException {
        Path keys = Files.writeString(
                folder.resolve("keys.yaml"),
                HashedKeys.file(List.of(HashedKeys.entry("batch", "a key", "requests-per-minute: 1"))));
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1));
                RunningGateway gateway = RunningGateway.inFrontOf(fleet, "warmlane.auth.keys-file=" + keys)) {
            String body = ChatClient.body("hello");
            await().atMost(PATIENCE).untilAsserted(() -> {
                client.post(gateway.uri("/v1/chat/completions"), body, Map.of("authorization", "Bearer a key"));
                client.post(gateway.uri("/v1/chat/completions"), body, Map.of("authorization", "Bearer nobody"));
                JsonNode unrouted =
                        client.firstEvent(gateway.management("/dashboard/live")).get("unrouted");
                assertThat(unrouted.at("/reasonsPerSecond/requests").asDouble(0))
                        .isPositive();
                assertThat(unrouted.at("/reasonsPerSecond/unknown").asDouble(0)).isPositive();
                assertThat(unrouted.get("refusedPerSecond").asDouble())
                        .isPositive()
                        .isEqualTo(unrouted.get("requestsPerSecond").asDouble());
            });
        }
    }

    /** The first pool as the page would show it now. */
    private JsonNode live(RunningGateway gateway) {
        return client.firstEvent(gateway.management("/dashboard/live")).at("/pools/0");
    }
}
