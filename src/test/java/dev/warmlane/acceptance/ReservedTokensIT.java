package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What runs in parallel counts with the most that it may become, and nobody goes before whom they may. */
class ReservedTokensIT {
    private static final String BODY = "{\"prompt\":\"Hi\",%s\"model\":\"m\"}";

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TempDir
    private static Path folder;

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        String[] keys = HashedKeys.settings(
                folder,
                HashedKeys.entry("one", "key-1", "tokens-per-minute: 1000"),
                HashedKeys.entry("two", "key-2", "tokens-per-minute: 1000"),
                HashedKeys.entry("three", "key-3", "tokens-per-minute: 1000"),
                HashedKeys.entry("four", "key-4", "tokens-per-minute: 1000"),
                HashedKeys.entry("five", "key-5", "tokens-per-minute: 1000"),
                HashedKeys.entry("six", "key-6", "tokens-per-minute: 1000"),
                HashedKeys.entry("unlimited", "key-unlimited", "priority: 0"),
                HashedKeys.entry("behind", "key-behind", "priority: 3"));
        engine = HandDrivenEngine.start();
        List<String> settings = new ArrayList<>(List.of(keys));
        settings.add("warmlane.auth.output-tokens=480");
        settings.add("warmlane.endpoints=" + engine.uri());
        gateway = RunningGateway.start(settings.toArray(String[]::new));
        await().until(() -> gateway.bean(ServedModels.class).catalog().models().contains("m"));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        engine.close();
    }

    /** As many of a hundred as the minute has tokens for, whatever they have generated yet; there are enough for a third after 26 s. */
    @ParameterizedTest
    @CsvSource({
        "key-1, '\"max_tokens\":480,',             2",
        "key-2, '\"max_tokens\":120,\"n\":4,',     2",
        "key-3, '',                                  2",
        "key-4, '\"max_completion_tokens\":5000,', 1",
        "key-5, '\"prompt\":[\"a\",\"b\",\"c\",\"d\"],\"max_tokens\":120,', 2",
        "key-6, '\"sampling_params\":{\"max_tokens\":900},', 1"
    })
    void whatRunsInParallelStaysWithinTheMinute(String key, String most, int expected) {
        List<CompletableFuture<HttpResponse<String>>> responses = IntStream.range(0, 100)
                .mapToObj(i -> send(key, BODY.formatted(most)))
                .toList();
        await().untilAsserted(() -> assertThat(engine.requests()
                        + responses.stream().filter(CompletableFuture::isDone).count())
                .isEqualTo(100));
        assertThat(engine.requests()).isEqualTo(expected);
        for (int i = 0; i < expected; i++) {
            engine.next().answer("200 OK\r\nContent-Type: application/json", "{\"usage\":{\"prompt_tokens\":1}}");
        }
        assertThat(responses.stream()
                        .map(response -> Awaited.result(response).statusCode())
                        .filter(status -> status == 200))
                .hasSize(expected);
        assertThat(responses.stream()
                        .map(response -> Awaited.result(response).statusCode())
                        .filter(status -> status == 429))
                .hasSize(100 - expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-7       | 3",
                "2        | 3",
                "3        | 3",
                "9        | 9",
                "-7.0     | 3",
                "'\"-7\"' | 3",
                "null     | null",
            })
    void anEngineSeesNoPriorityThatTheKeyDoesNotHave(String asked, String sent) {
        CompletableFuture<HttpResponse<String>> response =
                send("key-behind", BODY.formatted("\"priority\":" + asked + ","));
        HandDrivenEngine.Exchange upstream = engine.next();
        assertThat(upstream.request().text()).contains("\"priority\":" + sent + ",");
        upstream.answer("200 OK", "");
        assertThat(Awaited.result(response).statusCode()).isEqualTo(200);
    }

    /** What the request took is read in its response. */
    @ParameterizedTest
    @CsvSource({
        "key-1, /v1/completions, identity",
        "key-unlimited, /v1/completions, gzip",
        "key-unlimited, /v1/responses, identity"
    })
    void anEngineIsAskedForWhatCanBeRead(String key, String path, String encoding) {
        HttpRequest request = ChatClient.request(
                        gateway.uri(path), Map.of("Authorization", "Bearer " + key, "Accept-Encoding", "gzip"))
                .POST(HttpRequest.BodyPublishers.ofString(BODY.formatted("\"max_tokens\":1,")))
                .build();
        CompletableFuture<HttpResponse<String>> response =
                CLIENT.sendAsync(request, HttpResponse.BodyHandlers.ofString());
        HandDrivenEngine.Exchange upstream = engine.next();
        assertThat(upstream.request().headerValues("accept-encoding")).containsExactly(encoding);
        upstream.answer("200 OK\r\nContent-Type: application/json", "{\"usage\":{\"prompt_tokens\":1}}");
        assertThat(Awaited.result(response).statusCode()).isEqualTo(200);
    }

    private static CompletableFuture<HttpResponse<String>> send(String key, String body) {
        HttpRequest request = ChatClient.request(
                        gateway.uri("/v1/completions"), Map.of("Authorization", "Bearer " + key))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return CLIENT.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }
}
