package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.Wire;
import dev.warmlane.metrics.RequestMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Whoever refuses a request, or has it wait, its metric, its line in the access log and its span say the same. */
class RefusedOutcomeIT extends ObservedRequests {
    private static final String ANY_KEY = "Authorization: Bearer key-any\r\n";

    /** Of a second pool. */
    private final HandDrivenEngine other = HandDrivenEngine.start();

    @AfterAll
    void closeOther() {
        other.close();
    }

    @Test
    void withoutAPool() throws IOException {
        startWithKeys();
        assertStatus(send("/v1/completions", "{\"model\":\"gpt\",\"prompt\":\"a\"}", ANY_KEY), 404);
        reports.assertLast("none", "4xx", 404);
        reports.assertError("model_not_found");
        assertStatus(send("/sleep", "{}", ANY_KEY), 404);
        reports.assertLast("none", "4xx", 404);
        assertStatus(send("/v1/completions", PROMPT + " ".repeat(2000), ANY_KEY), 413);
        reports.assertLast("none", "4xx", 413);

        try (Wire client = Wire.to(gateway.port())) {
            client.send("GET /v1/models HTTP/1.1\r\nHost: a\r\n" + ANY_KEY + reports.headers() + "\r\n");
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
        reports.assertLast("none", "2xx", 200);
    }

    @Test
    void refusedAsNoHttp() throws IOException {
        startWithKeys();
        reports.headers();
        assertThat(Wire.statusOf(gateway.port(), "GET / HTTP/1.1\r\nHost: a\r\nx: " + "y".repeat(100_000) + "\r\n\r\n"))
                .isEqualTo(431);
        await().untilAsserted(() -> assertThat(reports.grown()).isEqualTo(Map.of("none 4xx", 1.0)));
        reports.headers();
        assertThat(Wire.statusOf(gateway.port(), "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"))
                .isEqualTo(400);
        await().untilAsserted(() -> assertThat(reports.grown()).isEqualTo(Map.of("none 4xx", 1.0)));
    }

    @Test
    void refusedForItsKeyOrItsLimits() throws IOException {
        startWithKeys();
        assertStatus(send(PROMPT), 401);
        reports.assertLast("none", "4xx", 401);

        Wire first = send("/v1/completions", PROMPT, "Authorization: Bearer key-one\r\n");
        engine.next().answer("200 OK", "{}");
        assertStatus(first, 200);
        reports.assertLast("default", "2xx", 200);
        assertStatus(send("/v1/completions", PROMPT, "Authorization: Bearer key-one\r\n"), 429);
        reports.assertLast("none", "4xx", 429);

        String big = "{\"model\":\"m\",\"prompt\":\"" + "a".repeat(900) + "\"}";
        Wire owed = send("/v1/completions", big, "Authorization: Bearer key-few\r\n");
        engine.next().answer("200 OK", "{}");
        assertStatus(owed, 200);
        reports.assertLast("default", "2xx", 200);
        assertStatus(send("/v1/completions", big, "Authorization: Bearer key-few\r\n"), 429);
        reports.assertLast("default", "4xx", 429);
    }

    @Test
    void refusedWhileNoEngineHasSaidWhatItServes() {
        startWithOneStream();
        EndpointPool second = gateway.bean(Pools.class).get("second").endpoints();
        try (HandDrivenEngine silent = HandDrivenEngine.startWithoutModels()) {
            second.replace(List.of(Endpoint.ofUri(silent.uri())));
            await().until(() -> modelsOfSecond().isEmpty());
            assertStatus(send("{\"model\":\"another\",\"prompt\":\"a\"}"), 503);
            reports.assertLast("none", "5xx", 503);
        } finally {
            second.replace(List.of(Endpoint.ofUri(other.uri())));
            await().until(() -> !modelsOfSecond().isEmpty());
        }
    }

    @Test
    void refusedByAFullQueueAndLeftInIt() throws IOException {
        startWithKeys();
        try (Wire served = send("/v1/completions", PROMPT, ANY_KEY);
                Exchange exchange = engine.next()) {
            Wire waiting = send("/v1/completions", PROMPT, ANY_KEY);
            await().until(() -> gateway.queued() == 1);
            assertStatus(send("/v1/completions", PROMPT, ANY_KEY), 429);
            reports.assertLast("default", "4xx", 429);
            waiting.close();
            reports.awaitAllBut(1);

            waiting = send("/v1/completions", PROMPT, ANY_KEY);
            await().until(() -> gateway.queued() == 1);
            waiting.close();
            reports.assertLast("default", "cancelled", null);
            assertThat(engine.requests()).isZero();
            exchange.answer("200 OK", "{}");
            assertThat(served.readMessage().status()).isEqualTo(200);
        }
    }

    @Test
    void paidForIfLeftAtAnEngineAndNotInTheQueue() throws IOException {
        startWithKeys();
        Wire served = send("/v1/completions", PROMPT, "Authorization: Bearer key-payer\r\n");
        Exchange exchange = engine.next();
        Wire waiting = send("/v1/completions", PROMPT, "Authorization: Bearer key-payer\r\n");
        await().until(() -> gateway.queued() == 1);
        waiting.close();
        reports.assertLast("default", "cancelled", null);
        assertThat(tokens("payer")).isZero();

        served.close();
        exchange.wire().awaitClosed();
        await().untilAsserted(() -> assertThat(reports.grown()).isEqualTo(Map.of("default cancelled", 2.0)));
        assertThat(tokens("payer")).isPositive();
    }

    /** One small request at a time, of clients with keys, and one that waits. */
    private void startWithKeys() throws IOException {
        Path keys = Files.writeString(
                directoryOfAll.resolve("keys.yaml"),
                HashedKeys.file(List.of(
                        HashedKeys.entry("any", "key-any", ""),
                        HashedKeys.entry("one-a-minute", "key-one", "requests-per-minute: 1"),
                        HashedKeys.entry("few-tokens", "key-few", "tokens-per-minute: 10"),
                        HashedKeys.entry("payer", "key-payer", "tokens-per-minute: 2000"))));
        start(
                "warmlane.auth.keys-file=" + keys,
                "warmlane.queue.max-requests-per-endpoint=1",
                "warmlane.queue.max-entries=1",
                "warmlane.limits.body=1KB");
    }

    /** One request at a time, and a second pool. */
    private void startWithOneStream() {
        start(
                "warmlane.limits.streams=1",
                "warmlane.pools[1].name=second",
                "warmlane.pools[1].endpoints=" + other.uri());
        await().until(() -> !modelsOfSecond().isEmpty());
    }

    private Set<String> modelsOfSecond() {
        return gateway.bean(ServedModels.class).catalog().models("second");
    }

    private double tokens(String client) {
        Counter counter = gateway.bean(MeterRegistry.class)
                .find(RequestMeter.CLIENT_TOKENS.meterName())
                .tag("client", client)
                .counter();
        return counter == null ? 0 : counter.count();
    }

    @Test
    void refusedByTheLimitOfStreams() {
        startWithOneStream();
        try (Wire served = send(PROMPT);
                Exchange exchange = engine.next()) {
            assertStatus(send(PROMPT), 429);
            reports.assertLast("none", "4xx", 429);
            exchange.answer("200 OK", "{}");
            assertThat(served.readMessage().status()).isEqualTo(200);
        }
    }

    @Test
    void givesItsPlaceAmongTheStreamsBackHoweverItEnds() {
        startWithOneStream();
        serve();

        Wire leaving = send(PROMPT);
        Exchange left = engine.next();
        leaving.close();
        left.wire().awaitClosed();
        reports.assertLast("default", "cancelled", null);
        serve();

        Wire failing = send(PROMPT);
        engine.next().close();
        assertStatus(failing, 502);
        reports.assertLast("default", "5xx", 502);
        serve();

        assertStatus(send("{\"model\":\"gpt\",\"prompt\":\"a\"}"), 404);
        reports.assertLast("none", "4xx", 404);
        serve();
    }

    private void serve() {
        Wire client = send(PROMPT);
        engine.next().answer("200 OK", "{}");
        assertStatus(client, 200);
        reports.assertLast("default", "2xx", 200);
    }
}
