package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Coding agents as they come: no session header, a first line that changes, a session in the body. */
class AgentsIT {
    private static final String NO_ADDRESS = "warmlane.affinity.keys=session,prompt-prefix";

    @TempDir
    private static Path folder;

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);

    private final ChatClient client = new ChatClient();

    @AfterAll
    static void closeGateways() {
        GATEWAYS.close();
    }

    @Test
    void aFirstLineThatChangesHidesNothingOfThePrompt() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2))) {
            RunningGateway gateway = GATEWAYS.inFrontOf(fleet, NO_ADDRESS);
            String prompt = ChatClient.text(2000, "agent");
            HttpResponse<String> first = messages(gateway, Map.of(), attributed("1f3a", prompt));
            HttpResponse<String> again = messages(gateway, Map.of(), attributed("99c0", prompt));
            assertThat(header(again, "x-warmlane-affinity")).isEqualTo("prompt-prefix;bound");
            assertThat(header(again, "x-warmlane-endpoint")).isEqualTo(header(first, "x-warmlane-endpoint"));
            assertThat(cachedTokens(again)).isGreaterThan(1900);
            assertThat(client.getJson(gateway.management("/actuator/decisions"))
                            .at("/decisions/0/matchedTokens")
                            .asLong())
                    .isGreaterThan(1900);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'session_id':'ID'",
                "'prompt_cache_key':'ID'",
                "'metadata':{'session_id':'ID'}",
                "'metadata':{'user_id':'user_a_account_b_session_ID'}",
                "'vllm_xargs':{'session_id':'ID'}"
            })
    void aSessionInTheBodyHoldsWhatGoesOn(String field) {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(3))) {
            RunningGateway gateway = GATEWAYS.inFrontOf(fleet);
            String id = Integer.toHexString(field.hashCode());
            String one = field.replace('\'', '"').replace("ID", id);
            String first = ChatClient.text(400, "first" + id);
            HttpResponse<String> placed = chat(gateway, one, first);
            assertThat(header(placed, "x-warmlane-affinity")).isEqualTo("prompt-prefix;placed");
            HttpResponse<String> next = chat(gateway, one, first + ChatClient.text(400, "next"));
            assertThat(header(next, "x-warmlane-affinity")).isEqualTo("body-session;bound");
            assertThat(header(next, "x-warmlane-endpoint")).isEqualTo(header(placed, "x-warmlane-endpoint"));
        }
    }

    @Test
    void aKeyThatManySessionsShareIsNoHotSpot() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(4))) {
            RunningGateway gateway = GATEWAYS.inFrontOf(fleet);
            long endpoints = IntStream.range(0, 40)
                    .mapToObj(session ->
                            chat(gateway, "\"prompt_cache_key\":\"shared\"", ChatClient.text(400, "own " + session)))
                    .map(response -> header(response, "x-warmlane-endpoint"))
                    .distinct()
                    .count();
            assertThat(endpoints).isEqualTo(4);
        }
    }

    @Test
    void tenantsMayUseMessagesWhereEveryEngineReadsTheSalt() throws IOException {
        FleetOptions newer = FleetOptions.instant(1);
        newer = newer.withServer(newer.server().withVersion(VllmVersion.parse("0.29.0")));
        try (SimulatedFleet fleet = SimulatedFleet.start(newer)) {
            RunningGateway gateway = GATEWAYS.inFrontOf(
                    fleet,
                    HashedKeys.settings(
                            folder,
                            HashedKeys.entry("acme", "key-acme", ""),
                            HashedKeys.entry("other", "key-other", "")));
            String prompt = attributed("1f3a", ChatClient.text(1000, "tenants"));
            // Until an engine has said what it is, the path is refused.
            await().until(() -> post(gateway, key("acme"), attributed("1", "x")).statusCode() == 200);
            assertThat(cachedTokens(messages(gateway, key("acme"), prompt))).isZero();
            assertThat(cachedTokens(messages(gateway, key("other"), prompt))).isZero();
            assertThat(cachedTokens(messages(gateway, key("acme"), prompt))).isGreaterThan(900);
        }
    }

    private static Map<String, String> key(String client) {
        return Map.of("x-api-key", "key-" + client, "Authorization", "Bearer key-" + client);
    }

    private static String attributed(String hash, String prompt) {
        return ChatClient.JSON.writeValueAsString(Map.of(
                "model",
                "Qwen/Qwen3-0.6B",
                "max_tokens",
                5,
                "system",
                List.of(
                        Map.of("type", "text", "text", "x-anthropic-billing-header: cc_entrypoint=cli; cch=" + hash),
                        Map.of("type", "text", "text", prompt)),
                "messages",
                List.of(Map.of("role", "user", "content", "go on"))));
    }

    private HttpResponse<String> post(RunningGateway gateway, Map<String, String> headers, String body) {
        return client.post(gateway.uri("/v1/messages"), body, headers);
    }

    private HttpResponse<String> messages(RunningGateway gateway, Map<String, String> headers, String body) {
        HttpResponse<String> response = post(gateway, headers, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response;
    }

    private HttpResponse<String> chat(RunningGateway gateway, String field, String text) {
        String body = ChatClient.body(text).replaceFirst("\\{", "{" + Matcher.quoteReplacement(field + ","));
        HttpResponse<String> response = client.post(gateway.uri("/v1/chat/completions"), body, Map.of());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response;
    }

    private static long cachedTokens(HttpResponse<String> response) {
        return ChatClient.json(response).at("/usage/cache_read_input_tokens").asLong(0);
    }

    private static String header(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElseThrow();
    }
}
