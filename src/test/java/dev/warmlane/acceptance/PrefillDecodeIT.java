package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.TalkingSessions;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.Faults.Transfers;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prompts are computed by prefill endpoints, responses come from decode endpoints, and clients see one engine. */
class PrefillDecodeIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String PROMPT = ChatClient.text(600, "topic");

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);

    private final ChatClient client = new ChatClient();

    @AfterAll
    static void closeGateways() {
        GATEWAYS.close();
    }

    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class TheResponse {
        private final SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(3));
        private final RunningGateway gateway = gateway(fleet, "prefill", "decode");

        @AfterAll
        void close() {
            fleet.close();
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "/v1/chat/completions | {'messages':[{'role':'user','content':'PROMPT'}],'max_tokens':20}",
                    "/v1/chat/completions | {'messages':[{'role':'user','content':'PROMPT'}],'max_completion_tokens':20,'stream':true,"
                            + "'stream_options':{'include_usage':true}}",
                    "/v1/chat/completions | {'messages':[{'role':'user','content':'PROMPT'}],'max_tokens':20,'min_tokens':5,'stream':true}",
                    "/v1/completions      | {'prompt':'PROMPT','max_tokens':20}",
                    "/v1/completions      | {'stream':true,'prompt':'PROMPT','stream_options':{'include_usage':true}}",
                    "/v1/responses        | {'input':'PROMPT','max_output_tokens':20}",
                    "/v1/responses        | {'input':'PROMPT','max_output_tokens':20,'stream':true}",
                    "/v1/messages         | {'messages':[{'role':'user','content':'PROMPT'}],'max_tokens':20}",
                    "/v1/messages         | {'messages':[{'role':'user','content':'PROMPT'}],'max_tokens':20,'stream':true}",
                })
        void isThatOfOneEngine(String path, String shape) {
            // None of the prompts begins as one before it.
            String prompt = ChatClient.text(600, path + shape.length());
            String body = shape.replace('\'', '"').replace("PROMPT", prompt);
            SimulatedServer alone = fleet.server(2);
            long atPrefill = fleet.server(0).stats().requests();
            long atDecode = fleet.server(1).stats().requests();
            long generated = fleet.server(1).engineStats().generationTokens();
            for (int turn = 0; turn < 2; turn++) {
                // The second time the prompt is cached, which usage tells.
                Map<String, String> id = Map.of("x-request-id", "request-" + turn);
                HttpResponse<String> expected = client.post(alone.uri().resolve(path), body, id);
                HttpResponse<String> response = client.post(gateway.uri(path), body, id);
                assertThat(response.statusCode()).isEqualTo(200);
                assertThat(timeless(response.body())).isEqualTo(timeless(expected.body()));
                assertThat(response.headers().firstValue("content-length"))
                        .isEqualTo(expected.headers().firstValue("content-length"));
            }
            assertThat(fleet.server(0).stats().requests()).isEqualTo(atPrefill + 2);
            assertThat(fleet.server(1).stats().requests()).isEqualTo(atDecode + 2);
            assertThat(fleet.server(1).engineStats().generationTokens()).isGreaterThan(generated + 2);
            awaitNothingKept(gateway, fleet);
        }
    }

    @Test
    void aPrefillEndpointThatFailsIsReplacedAndInTheEndTheDecodeEndpointComputesAlone() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(3))) {
            RunningGateway gateway = gateway(fleet, "prefill", "prefill", "decode");
            Faults unavailable = Faults.builder().status(503).build();
            fleet.server(0).faults(unavailable);
            assertThat(chat(gateway).statusCode()).isEqualTo(200);
            assertThat(fleet.server(1).stats().requests()).isEqualTo(1);

            fleet.server(1).faults(unavailable);
            assertThat(chat(gateway).statusCode()).isEqualTo(200);
            assertThat(fleet.server(2).stats().requests()).isEqualTo(2);
            assertThat(fleet.server(2).engineStats().aborted()).isZero();
            awaitNothingKept(gateway, fleet);
        }
    }

    @Test
    void aDecodeEndpointThatMayNotComputeAloneDoesNot() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2))) {
            RunningGateway gateway =
                    withoutDecodingAlone(fleet.uris().get(0), fleet.uris().get(1));
            fleet.server(0).faults(Faults.builder().status(503).build());
            assertThat(chat(gateway).statusCode()).isEqualTo(502);
            assertThat(fleet.server(1).stats().requests()).isZero();
            await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        }
    }

    @Test
    void whatADecodeEndpointNeverHeardOfIsFetchedByAnother() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(3))) {
            RunningGateway gateway = gateway(fleet, "prefill", "decode", "decode");
            fleet.server(1).faults(Faults.builder().refuse(PATIENCE).build());
            for (int i = 0; i < 4; i++) {
                assertThat(chat(gateway).statusCode()).isEqualTo(200);
            }
            assertThat(fleet.server(0).stats().requests()).isEqualTo(4);
            assertThat(fleet.server(2).stats().requests()).isEqualTo(4);
            awaitNothingKept(gateway, fleet);
        }
    }

    @Test
    void blocksThatCannotBeFetchedAreComputed() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2))) {
            RunningGateway gateway = gateway(fleet, "prefill", "decode");
            Transfers failing = new Transfers(Duration.ZERO, true, Duration.ofSeconds(30));
            fleet.server(1).faults(Faults.builder().transfers(failing).build());
            assertThat(chat(gateway).statusCode()).isEqualTo(200);
            awaitNothingKept(gateway, fleet);
        }
    }

    @Test
    void anErrorOfWhoeverFetchesBlocksIsNoneUntilItHasComputedThem() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2))) {
            RunningGateway gateway = gateway(fleet, "prefill", "decode");
            fleet.server(1).faults(Faults.builder().status(500).build());
            double failed = metric(gateway, "warmlane_prefill_transfers_failed_total{pool=\"default\"}");
            double served = metric(gateway, "warmlane_prefill_legs_total{pool=\"default\",result=\"served\"}");
            assertThat(chat(gateway).statusCode()).isEqualTo(500);
            // Once to fetch, once to compute.
            assertThat(fleet.server(1).stats().requests()).isEqualTo(2);
            assertThat(metric(gateway, "warmlane_prefill_transfers_failed_total{pool=\"default\"}"))
                    .isEqualTo(failed + 1);
            assertThat(metric(gateway, "warmlane_prefill_legs_total{pool=\"default\",result=\"served\"}"))
                    .isEqualTo(served + 1);
            await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        }
    }

    @Test
    void metersTellRolesAndWhatTransfersTake() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2))) {
            RunningGateway gateway = gateway(fleet, "prefill", "decode");
            Map<String, String> none = Map.of();
            double prefills = metric(gateway, "warmlane_prefill_duration_seconds_count{pool=\"default\"}");
            double transfers = metric(gateway, "warmlane_prefill_transfer_duration_seconds_count{pool=\"default\"}");
            client.post(
                    gateway.uri("/v1/chat/completions"),
                    ChatClient.body(List.of(Map.of("role", "user", "content", PROMPT)), true),
                    none);
            await().untilAsserted(() -> {
                assertThat(metric(gateway, "warmlane_prefill_duration_seconds_count{pool=\"default\"}"))
                        .isEqualTo(prefills + 1);
                assertThat(metric(gateway, "warmlane_prefill_transfer_duration_seconds_count{pool=\"default\"}"))
                        .isEqualTo(transfers + 1);
            });
            assertThat(metrics(gateway))
                    .containsPattern(
                            "warmlane_endpoint_role\\{endpoint=\"[^\"]+\",pool=\"default\",role=\"prefill\"} 1.0")
                    .containsPattern(
                            "warmlane_endpoint_role\\{endpoint=\"[^\"]+\",pool=\"default\",role=\"decode\"} 1.0");
        }
    }

    /** One request at a time at the same two engines. */
    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class WhatTheConnectorCarries {
        private final SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
        private final RunningGateway gateway = gateway(fleet, "prefill", "decode");
        private long atPrefill;
        private long atDecode;

        @BeforeEach
        void count() {
            atPrefill = fleet.server(0).stats().requests();
            atDecode = fleet.server(1).stats().requests();
        }

        @AfterAll
        void close() {
            fleet.close();
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '"',
                value = {
                    "/v1/completions | 'prompt':['PROMPT','PROMPT'] | several",
                    "/v1/completions | 'prompt':[[1,2,3],[4,5,6]] | several",
                    "/v1/completions | 'prompt':'PROMPT','n':2 | several",
                    "/v1/completions | 'prompt':'PROMPT','best_of':2 | several",
                    "/v1/completions | 'prompt':'PROMPT','use_beam_search':true | beam-search",
                    "/v1/completions | 'prompt':'PROMPT','prompt_logprobs':1 | prompt-logprobs",
                    "/v1/completions | 'prompt':'PROMPT','echo':true,'logprobs':1 | prompt-logprobs",
                    "/v1/completions | 'prompt':'PROMPT','kv_transfer_params':{'do_remote_decode':false} | api",
                    "/v1/chat/completions | 'messages':[{'role':'user','content':'PROMPT'}],'n':2 | several",
                    "/v1/responses | 'input':'PROMPT','background':true | api",
                    "/v1/embeddings | 'input':'PROMPT' | api",
                })
        void whatTheConnectorCannotCarryIsComputedAtOneEndpoint(String path, String members, String why) {
            client.post(gateway.uri(path), json(members), Map.of());
            assertThat(fleet.server(0).stats().requests()).isEqualTo(atPrefill);
            assertThat(fleet.server(1).stats().requests()).isEqualTo(atDecode + 1);
            assertThat(client.getJson(gateway.management("/actuator/decisions"))
                            .at("/decisions/0/prefillBypass")
                            .asString())
                    .isEqualTo(why);
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '"',
                value = {
                    "/v1/completions | 'prompt':[1,2,3,4]",
                    "/v1/completions | 'prompt':['PROMPT'],'n':1",
                    "/v1/chat/completions | 'messages':[{'role':'user','content':[{'type':'text','text':'PROMPT'},"
                            + "{'type':'image_url','image_url':{'url':'data:image/png;base64,AAAA'}}]}]",
                })
        void tokenIdsAndImagesAreCarried(String path, String members) {
            assertThat(client.post(gateway.uri(path), json(members), Map.of()).statusCode())
                    .isEqualTo(200);
            assertThat(fleet.server(0).stats().requests()).isEqualTo(atPrefill + 1);
            assertThat(fleet.server(1).stats().requests()).isEqualTo(atDecode + 1);
            awaitNothingKept(gateway, fleet);
        }
    }

    private static String json(String members) {
        return "{" + members.replace('\'', '"').replace("PROMPT", PROMPT) + "}";
    }

    @ParameterizedTest
    @CsvSource({
        "400 Bad Request, 400, with status 400",
        "499 Client Closed Request, 502, with status 499",
        "500 Internal Server Error, 502, with status 500",
        "200 OK, 502, where the blocks of the prompt are"
    })
    void aDecodeEndpointThatMayNotComputeAloneDoesNotWhateverThePrefillEndpointSays(
            String status, int expected, String why) {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1));
                HandDrivenEngine prefill = HandDrivenEngine.start()) {
            RunningGateway gateway =
                    withoutDecodingAlone(prefill.uri(), fleet.uris().get(0));
            HttpRequest request = ChatClient.request(gateway.uri("/v1/completions"), Map.of())
                    .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\":\"a\"}"))
                    .build();
            CompletableFuture<HttpResponse<String>> response =
                    HttpClient.newHttpClient().sendAsync(request, HttpResponse.BodyHandlers.ofString());
            try (HandDrivenEngine.Exchange exchange = prefill.next()) {
                exchange.answer(status, "{}");
            }
            assertThat(Awaited.result(response).statusCode()).isEqualTo(expected);
            assertThat(Awaited.result(response).body()).contains(why);
            assertThat(fleet.server(0).stats().requests()).isZero();
            await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        }
    }

    @Test
    void aPoolWhoseDecodeEndpointsAreGoneSaysWhatItLacks() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2))) {
            RunningGateway gateway = gateway(fleet, "prefill", "decode");
            gateway.router().pool().replace(gateway.router().pool().snapshot().prefill());
            HttpResponse<String> response = chat(gateway);
            assertThat(response.statusCode()).isEqualTo(503);
            assertThat(response.body()).contains("all have role prefill");
            assertThat(client.get(gateway.management("/actuator/health")).body())
                    .contains("those that are ready have role prefill");
        }
    }

    @Test
    void aSidecarIsToldWhereThePromptIsComputedAndClientsCannotTellIt() {
        try (HandDrivenEngine engine = HandDrivenEngine.start()) {
            RunningGateway gateway = GATEWAYS.with(
                    "warmlane.routing.policy=least-requests",
                    "warmlane.pools[0].name=default",
                    "warmlane.pools[0].endpoints[0]=http://127.0.0.1:9 role=prefill",
                    "warmlane.pools[0].endpoints[1]=" + engine.uri() + " role=decode",
                    "warmlane.pools[0].prefill-decode.connector=llm-d-sidecar",
                    "warmlane.health.enabled=false");
            HttpRequest request = ChatClient.request(
                            gateway.uri("/v1/completions"), Map.of("x-prefiller-host-port", "169.254.169.254:80"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"m\",\"prompt\":\"a\"}"))
                    .build();
            CompletableFuture<HttpResponse<String>> response =
                    HttpClient.newHttpClient().sendAsync(request, HttpResponse.BodyHandlers.ofString());
            try (HandDrivenEngine.Exchange exchange = engine.next()) {
                assertThat(exchange.request().headerValues("x-prefiller-host-port"))
                        .containsExactly("127.0.0.1:9");
                exchange.answer("200 OK", "{}");
            }
            assertThat(Awaited.result(response).statusCode()).isEqualTo(200);
            await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        }
    }

    @Test
    void clientsThatLeaveInAnyPhaseLeaveNothingBehind() throws Exception {
        FleetOptions options = FleetOptions.instant(4);
        options = options.withServer(options.server().withOutputTokens(200));
        try (SimulatedFleet fleet = SimulatedFleet.start(options)) {
            RunningGateway gateway = gateway(fleet, "prefill", "prefill", "decode", "decode");
            Transfers slow = new Transfers(Duration.ofMillis(20), false, Duration.ofSeconds(5));
            Faults late = Faults.builder()
                    .latency(Duration.ofMillis(5))
                    .transfers(slow)
                    .build();
            fleet.servers().forEach(server -> server.faults(late));
            Aborts.of(gateway.port(), 600, 50, PROMPT);
            awaitNothingKept(gateway, fleet);
        }
    }

    @Test
    void noRequestFailsWithoutAFirstByteWhileAPrefillAndThenADecodeEndpointIsKilled() throws Exception {
        FleetOptions options = new FleetOptions("127.0.0.1", 0, 4, ServerOptions.DEFAULTS.withOutputTokens(20));
        try (SimulatedFleet fleet = SimulatedFleet.start(options)) {
            RunningGateway gateway = gateway(fleet, "prefill", "prefill", "decode", "decode");
            try (TalkingSessions sessions = TalkingSessions.start(gateway, 16)) {
                for (int killed : List.of(0, 2)) {
                    SimulatedServer server = fleet.server(killed);
                    sessions.awaitAnotherRequestOfEach(PATIENCE);
                    await().atMost(PATIENCE).until(() -> server.stats().inFlight() > 0);
                    server.stop();
                    sessions.awaitAnotherRequestOfEach(PATIENCE);
                    server.restart();
                }
                sessions.awaitAnotherRequestOfEach(PATIENCE);
                sessions.stop();
                assertThat(sessions.failures()).isEmpty();
            }
            awaitNothingKept(gateway, fleet);
        }
    }

    private HttpResponse<String> chat(RunningGateway gateway) {
        return client.post(gateway.uri("/v1/chat/completions"), ChatClient.body(PROMPT), Map.of());
    }

    /** 0 where it is not counted yet. */
    private double metric(RunningGateway gateway, String name) {
        return metrics(gateway)
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private String metrics(RunningGateway gateway) {
        return client.get(gateway.management("/actuator/prometheus")).body();
    }

    /** Policies that look at no prompts have every prompt computed by a prefill endpoint. */
    private static RunningGateway gateway(SimulatedFleet fleet, String... roles) {
        List<String> urls = new ArrayList<>();
        for (int i = 0; i < roles.length; i++) {
            urls.add(fleet.uris().get(i) + " role=" + roles[i]);
        }
        return GATEWAYS.inFrontOf(urls, "warmlane.routing.policy=least-requests", "warmlane.health.interval=200ms");
    }

    private static RunningGateway withoutDecodingAlone(URI prefill, URI decode) {
        return GATEWAYS.inFrontOf(
                List.of(prefill + " role=prefill", decode + " role=decode"),
                "warmlane.routing.policy=least-requests",
                "warmlane.pools[0].prefill-decode.decode-alone=false");
    }

    private static void awaitNothingKept(RunningGateway gateway, SimulatedFleet fleet) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(gateway.inFlight()).isZero();
            assertThat(fleet.servers()).allSatisfy(server -> {
                assertThat(server.keptPrompts()).isZero();
                assertThat(server.stats().inFlight()).isZero();
                assertThat(server.engineStats().running()).isZero();
                assertThat(server.engineStats().kvCacheUsage()).isZero();
            });
        });
    }

    private static String timeless(String body) {
        return body.replaceAll("\"(created|created_at)\": ?[0-9.]+", "\"$1\":0");
    }
}
