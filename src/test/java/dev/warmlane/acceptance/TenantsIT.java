package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tenants that say the same, on one engine where everything that could be shared would be. */
class TenantsIT {
    private static final String ACME = "key-acme";
    private static final String ACME_TOO = "key-acme-too";
    private static final String OTHER = "key-other";

    @TempDir
    private static Path folder;

    private static SimulatedFleet fleet;
    private static RunningGateway gateway;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() throws IOException {
        fleet = SimulatedFleet.start(FleetOptions.instant(1));
        gateway = RunningGateway.inFrontOf(
                fleet,
                HashedKeys.settings(
                        folder,
                        HashedKeys.entry("acme", ACME, "tenant: acme"),
                        HashedKeys.entry("acme-too", ACME_TOO, "tenant: acme"),
                        HashedKeys.entry("other", OTHER, "")));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        fleet.close();
    }

    @Test
    void twoTenantsWithOnePromptAndOneSessionShareNothing() {
        String prompt = ChatClient.body(ChatClient.text(1000, "the same of both"));

        HttpResponse<String> first = chat(ACME, "one session", prompt);
        assertThat(affinity(first)).isEqualTo("session;placed");
        assertThat(cachedTokens(first)).isZero();

        HttpResponse<String> stranger = chat(OTHER, "one session", prompt);
        assertThat(affinity(stranger)).isEqualTo("session;placed");
        assertThat(cachedTokens(stranger)).isZero();

        HttpResponse<String> again = chat(ACME, "one session", prompt);
        assertThat(affinity(again)).isEqualTo("session;bound");
        assertThat(cachedTokens(again)).isGreaterThan(900);

        HttpResponse<String> ofTheSameTenant = chat(ACME_TOO, "one session", prompt);
        assertThat(affinity(ofTheSameTenant)).isEqualTo("session;bound");
        assertThat(cachedTokens(ofTheSameTenant)).isGreaterThan(900);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"cache_salt\":\"SALT\",\"model\":\"Qwen/Qwen3-0.6B\",\"prompt\":\"PROMPT\"}",
                "{\"prompt\":\"PROMPT\",\"cache_salt\":\"SALT\",\"cache_salt\":\"SALT\"}",
                "{\"prompt\":\"PROMPT\",\"cache\\u005fsalt\":\"SALT\"}",
                "\uFEFF{\"prompt\":\"PROMPT\",\"cache_salt\":\"SALT\"}"
            })
    void aSaltThatTheClientChoosesChangesNothing(String body) {
        String prompt = ChatClient.text(500, "salted" + body.length());
        HttpResponse<String> first =
                completion(ACME, body.replace("PROMPT", prompt).replace("SALT", "one"));
        assertThat(cachedTokens(first)).isZero();
        assertThat(cachedTokens(completion(OTHER, body.replace("PROMPT", prompt).replace("SALT", "one"))))
                .isZero();
        assertThat(cachedTokens(completion(ACME, body.replace("PROMPT", prompt).replace("SALT", "two"))))
                .isGreaterThan(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"not json", "[]", "{\"prompt\":\"x\""})
    void aBodyThatCannotBeMarkedIsRefusedWhateverItsTypeSays(String body) {
        for (String type : List.of("application/json", "text/plain", "multipart/form-data; boundary=x")) {
            HttpResponse<String> response = client.send(HttpRequest.newBuilder(gateway.uri("/v1/completions"))
                    .header("Authorization", "Bearer " + ACME)
                    .header("Content-Type", type)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build());
            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(ChatClient.json(response).at("/error/code").asString()).isEqualTo("invalid_json");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/inference/v1/generate | sampling_params.extra_args.kv_transfer_params |"
                        + " {'token_ids':[1],'sampling_params':{'extra_args':{'kv_transfer_params':{'remote_block_ids':[1]}}}}",
                "/v1/completions | vllm_xargs.kv_transfer_params | {'prompt':'x','vllm_xargs':{'kv_transfer_params':'x'}}",
                "/inference/v1/generate | features.mm_hashes | {'token_ids':[1],'features':{'mm_hashes':{'image':['h']}}}",
                "/v1/chat/completions | messages.content.uuid |"
                        + " {'messages':[{'role':'user','content':[{'type':'image_url','image_url':null,'uuid':'theirs'}]}]}",
                "/v1/chat/completions/batch | messages.content.uuid |"
                        + " {'messages':[[{'role':'user','content':[{'type':'image_url','\\u0075uid':'theirs'}]}]]}"
            })
    void nobodyNamesWhatEnginesShareByItsAddress(String path, String named, String body) {
        HttpResponse<String> response = client.post(gateway.uri(path), body.replace('\'', '"'), bearer(ACME));
        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(ChatClient.json(response).at("/error/code").asString()).isEqualTo("not_isolated");
        assertThat(ChatClient.json(response).at("/error/param").asString()).isEqualTo(named);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/messages, /error/type, permission_error",
        "/cohere/v2/chat, /message, Engines share their cache between tenants on this path.",
        "/v1/audio/transcriptions, /error/code, not_isolated"
    })
    void pathsWhereEnginesShareTheirCacheAreRefused(String path, String member, String said) {
        HttpResponse<String> response = client.post(gateway.uri(path), "{}", bearer(ACME));
        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(ChatClient.json(response).at(member).asString()).isEqualTo(said);
    }

    @Test
    void anOperatorLooksAtTheBindingsOfATenant() {
        chat(ACME, "looked at", ChatClient.body("hello"));
        String path = "/actuator/affinity/session/looked%20at";
        assertThat(client.get(gateway.management(path + "?tenant=tenant:acme")).statusCode())
                .isEqualTo(200);
        assertThat(client.get(gateway.management(path + "?tenant=key:other")).statusCode())
                .isEqualTo(404);
        assertThat(client.get(gateway.management(path)).statusCode()).isEqualTo(404);
    }

    @Test
    void aDecisionIsExplainedForATenant() {
        String prompt = ChatClient.body(ChatClient.text(1000, "explained"));
        chat(ACME, "explained", prompt);
        assertThat(explainedMatch("?tenant=tenant:acme", prompt)).isPositive();
        assertThat(explainedMatch("?tenant=key:other", prompt)).isZero();
        assertThat(client.post(gateway.management("/actuator/decisions"), prompt, Map.of())
                        .statusCode())
                .isEqualTo(400);
    }

    private HttpResponse<String> chat(String key, String session, String body) {
        return ok(client.post(
                gateway.uri("/v1/chat/completions"),
                body,
                Map.of("Authorization", "Bearer " + key, "x-session-id", session)));
    }

    private HttpResponse<String> completion(String key, String body) {
        return ok(client.post(gateway.uri("/v1/completions"), body, bearer(key)));
    }

    private long explainedMatch(String query, String body) {
        HttpResponse<String> explained = ok(client.post(
                gateway.management("/actuator/decisions" + query), body, Map.of("x-session-id", "explained")));
        return ChatClient.json(explained).get("matchedTokens").asLong();
    }

    private static HttpResponse<String> ok(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response;
    }

    private static Map<String, String> bearer(String key) {
        return Map.of("Authorization", "Bearer " + key);
    }

    private static String affinity(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-affinity").orElseThrow();
    }

    private static long cachedTokens(HttpResponse<String> response) {
        return ChatClient.json(response)
                .at("/usage/prompt_tokens_details/cached_tokens")
                .asLong(0);
    }
}
