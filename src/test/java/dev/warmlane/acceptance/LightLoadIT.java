package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Loads that four pods carry easily, and that all begin alike: they go to all of them and still find their prefixes. */
class LightLoadIT {
    private static final int PODS = 4;
    private static final String SYSTEM = ChatClient.text(4000, "system");

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private SimulatedFleet fleet;
    private RunningGateway gateway;

    @BeforeEach
    void start() {
        fleet = SimulatedFleet.start(FleetOptions.demo(0, PODS));
        gateway = GATEWAYS.inFrontOf(fleet);
    }

    @AfterEach
    void stop() {
        fleet.close();
    }

    @AfterAll
    static void closeGateway() {
        GATEWAYS.close();
    }

    @Test
    void sessionsThatShareASystemPromptUseAllPods() {
        List<HttpResponse<String>> responses =
                send(120, 25, i -> Map.of("x-session-id", "s" + i), i -> SYSTEM + ChatClient.text(150, "session " + i));
        assertThat(busiestOverMean(responses)).isLessThanOrEqualTo(1.3);
        assertThat(hitRatio(responses)).isGreaterThan(0.9);
    }

    @Test
    void aFloodOfSmallTailsUsesAllPods() {
        List<HttpResponse<String>> responses =
                send(240, 40, i -> Map.of("x-session-id", "t" + i), i -> SYSTEM + ChatClient.text(60, "tail " + i));
        assertThat(busiestOverMean(responses)).isLessThanOrEqualTo(1.3);
        assertThat(hitRatio(responses)).isGreaterThan(0.95);
    }

    @Test
    void oneAddressWithManyPrefixesUsesAllPods() {
        int groups = 10;
        int requests = 200;
        List<HttpResponse<String>> responses = send(
                requests,
                32,
                i -> Map.of(),
                i -> ChatClient.text(2000, "group " + i % groups) + ChatClient.text(100, "own " + i));
        assertThat(busiestOverMean(responses)).isLessThanOrEqualTo(1.3);
        // In so short a run it counts that every pod computes each of the prefixes once; later they all find them.
        double ideal = 2000.0 / 2100 * (requests - groups * PODS) / requests;
        assertThat(hitRatio(responses)).isGreaterThan(0.97 * ideal);
    }

    /** Sends requests at this rate, whatever becomes of those before. */
    private List<HttpResponse<String>> send(
            int requests, int perSecond, IntFunction<Map<String, String>> headers, IntFunction<String> prompt) {
        List<CompletableFuture<HttpResponse<String>>> sent = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            HttpRequest request = ChatClient.request(gateway.uri("/v1/chat/completions"), headers.apply(i))
                    .POST(HttpRequest.BodyPublishers.ofString(ChatClient.body(prompt.apply(i))))
                    .build();
            sent.add(CompletableFuture.supplyAsync(
                            () -> http.sendAsync(request, HttpResponse.BodyHandlers.ofString()),
                            CompletableFuture.delayedExecutor(1000L * i / perSecond, TimeUnit.MILLISECONDS))
                    .thenCompose(Function.identity()));
        }
        return sent.stream().map(Awaited::result).toList();
    }

    private static double busiestOverMean(List<HttpResponse<String>> responses) {
        Map<String, Long> byPod = responses.stream()
                .map(response ->
                        response.headers().firstValue("x-warmlane-endpoint").orElseThrow())
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        long busiest = byPod.values().stream().max(Long::compare).orElseThrow();
        return (double) busiest * PODS / responses.size();
    }

    private static double hitRatio(List<HttpResponse<String>> responses) {
        long prompt = 0;
        long cached = 0;
        for (HttpResponse<String> response : responses) {
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            prompt += ChatClient.json(response).at("/usage/prompt_tokens").asLong();
            cached += ChatClient.json(response)
                    .at("/usage/prompt_tokens_details/cached_tokens")
                    .asLong(0);
        }
        return (double) cached / prompt;
    }
}
