package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
import org.junit.jupiter.api.Test;

/** Whoever refuses a request, or has it wait, its metric, its line in the access log and its span say the same. */
class RefusedOutcomeIT extends ObservedRequests {
    @Test
    void withoutAPool() {
        start("warmlane.limits.body=1KB");
        assertStatus(send("/v1/completions", "{\"model\":\"gpt\",\"prompt\":\"a\"}", ""), 404);
        reports.assertLast("none", "4xx", 404);
        reports.assertError("model_not_found");
        assertStatus(send("/sleep", "{}", ""), 404);
        reports.assertLast("none", "4xx", 404);
        assertStatus(send(PROMPT + " ".repeat(2000)), 413);
        reports.assertLast("none", "4xx", 413);

        try (Wire client = Wire.to(gateway.port())) {
            client.send("GET /v1/models HTTP/1.1\r\nHost: a\r\n" + reports.headers() + "\r\n");
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
        reports.assertLast("none", "2xx", 200);
    }

    @Test
    void refusedAsNoHttp() {
        start("warmlane.limits.body=1KB");
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

        String big = "{\"model\":\"m\",\"prompt\":\"" + "a".repeat(1000) + "\"}";
        Wire owed = send("/v1/completions", big, "Authorization: Bearer key-few\r\n");
        engine.next().answer("200 OK", "{}");
        assertStatus(owed, 200);
        reports.assertLast("default", "2xx", 200);
        assertStatus(send("/v1/completions", big, "Authorization: Bearer key-few\r\n"), 429);
        reports.assertLast("default", "4xx", 429);
    }

    @Test
    void refusedWhileNoEngineHasSaidWhatItServes() {
        try (HandDrivenEngine other = HandDrivenEngine.startWithoutModels()) {
            start("warmlane.pools[1].name=second", "warmlane.pools[1].endpoints=" + other.uri());
            assertStatus(send("{\"model\":\"another\",\"prompt\":\"a\"}"), 503);
            reports.assertLast("none", "5xx", 503);
        }
    }

    @Test
    void refusedByAFullQueueAndLeftInIt() {
        start("warmlane.queue.max-requests-per-endpoint=1", "warmlane.queue.max-entries=1");
        try (Wire served = send(PROMPT);
                Exchange exchange = engine.next()) {
            Wire waiting = send(PROMPT);
            await().until(() -> gateway.queued() == 1);
            assertStatus(send(PROMPT), 429);
            reports.assertLast("default", "4xx", 429);
            waiting.close();
            reports.awaitAllBut(1);

            waiting = send(PROMPT);
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

    /** One request at a time, of clients with keys. */
    private void startWithKeys() throws IOException {
        Path keys = Files.writeString(
                directoryOfAll.resolve("keys.yaml"),
                HashedKeys.file(List.of(
                        HashedKeys.entry("one-a-minute", "key-one", "requests-per-minute: 1"),
                        HashedKeys.entry("few-tokens", "key-few", "tokens-per-minute: 10"),
                        HashedKeys.entry("payer", "key-payer", "tokens-per-minute: 2000"))));
        start("warmlane.auth.keys-file=" + keys, "warmlane.queue.max-requests-per-endpoint=1");
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
        start("warmlane.limits.streams=1");
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
        start("warmlane.limits.streams=1");
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
