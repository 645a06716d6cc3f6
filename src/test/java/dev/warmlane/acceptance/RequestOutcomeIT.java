package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.EndpointTallies.Tally;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.ReportedEnds;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.metrics.RequestMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However a request ends, its metric, its line in the access log and its span say the same. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestOutcomeIT {
    private static final String STREAM = "200 OK\r\nContent-Type: text/event-stream";
    private static final String OPENING =
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    private static final String TOKEN = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n";
    private static final String DONE = "data: [DONE]\n\n";
    private static final String PROMPT = "{\"model\":\"m\",\"prompt\":\"a\"}";

    private final HandDrivenEngine engine = HandDrivenEngine.start();
    /** By their settings: tests of the same share one. They all close at the end, as the first that does ends what all run on. */
    private final Map<List<String>, Observed> started = new HashMap<>();

    private Path directoryOfAll;
    private ReportedEnds reports;
    private RunningGateway gateway;

    private record Observed(ReportedEnds reports, RunningGateway gateway) {}

    @BeforeAll
    void keepReports(@TempDir Path forAllTests) {
        directoryOfAll = forAllTests;
    }

    @AfterEach
    void nothingIsLeft() {
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        reports.awaitAllBut(0);
        assertThat(engine.requests()).isZero();
    }

    @AfterAll
    void close() {
        for (Observed observed : started.values()) {
            observed.gateway().close();
            observed.reports().close();
        }
        engine.close();
    }

    private void start(String... settings) {
        Observed observed = started.computeIfAbsent(List.of(settings), this::observed);
        reports = observed.reports();
        gateway = observed.gateway();
    }

    private Observed observed(List<String> settings) {
        List<String> all = new ArrayList<>(settings);
        all.add("warmlane.pools[0].name=default");
        all.add("warmlane.pools[0].endpoints=" + engine.uri());
        ReportedEnds read = new ReportedEnds(directoryOfAll);
        RunningGateway observed = read.start(all.toArray(new String[0]));
        await().until(() -> observed.bean(ServedModels.class).catalog().models().contains("m"));
        return new Observed(read, observed);
    }

    private Wire send(String path, String body, String headers) {
        Wire wire = Wire.to(gateway.port());
        wire.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + headers
                + reports.headers() + "Content-Length: " + body.length() + "\r\n\r\n" + body);
        return wire;
    }

    private Wire send(String body) {
        return send("/v1/completions", body, "");
    }

    private void assertStatus(Wire sent, int status) {
        try (sent) {
            assertThat(sent.readMessage().status()).isEqualTo(status);
        }
    }

    @Test
    void servedWholeOrStreamed() {
        start();
        Wire client = send(PROMPT);
        engine.next().answer("200 OK\r\nContent-Type: application/json", "{}");
        assertStatus(client, 200);
        reports.assertLast("default", "2xx", 200);

        client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            exchange.begin(STREAM);
            exchange.wire().sendChunk(TOKEN);
            exchange.wire().sendChunk(DONE);
            exchange.wire().sendLastChunk();
            assertStatus(client, 200);
        }
        reports.assertLast("default", "2xx", 200);
    }

    @Test
    void failedWhereTheBodyOfAnErrorDoesNotCome() {
        start("warmlane.upstream.refusal-timeout=100ms");
        Wire client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            exchange.wire()
                    .send("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n");
            assertStatus(client, 504);
        }
        reports.assertLast("default", "5xx", 504);
        reports.assertError("upstream_timeout");
    }

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
        start();
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
        Path keys = Files.writeString(
                directoryOfAll.resolve("limits.yaml"),
                HashedKeys.file(List.of(
                        HashedKeys.entry("one-a-minute", "key-one", "requests-per-minute: 1"),
                        HashedKeys.entry("few-tokens", "key-few", "tokens-per-minute: 10"))));
        start("warmlane.auth.keys-file=" + keys);
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
        Path keys = Files.writeString(
                directoryOfAll.resolve("payer.yaml"),
                HashedKeys.file(List.of(HashedKeys.entry("payer", "key-payer", "tokens-per-minute: 2000"))));
        start("warmlane.auth.keys-file=" + keys, "warmlane.queue.max-requests-per-endpoint=1");
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

    @ParameterizedTest
    @ValueSource(ints = {302, 400, 429, 500, 503})
    void passedOnFromTheEngine(int status) {
        start();
        Wire client = send(PROMPT);
        engine.next().answer(status + " Whatever", "{\"error\":{}}");
        assertStatus(client, status);
        reports.assertLast("default", status / 100 + "xx", status);
    }

    @Test
    void failedBeforeItsFirstByte() {
        start("warmlane.upstream.response-timeout=1s");
        Wire client = send(PROMPT);
        engine.next().close();
        assertStatus(client, 502);
        reports.assertLast("default", "5xx", 502);

        client = send(PROMPT);
        try (Exchange silent = engine.next()) {
            assertStatus(client, 504);
            reports.assertLast("default", "5xx", 504);
        }

        gateway.router().pool().replace(List.of());
        assertStatus(send(PROMPT), 503);
        reports.assertLast("default", "5xx", 503);
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
    void leftBeforeItsHeaders() {
        start();
        Wire client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            client.close();
            exchange.wire().awaitClosed();
            reports.assertLast("default", "cancelled", null);
        }
    }

    @Test
    void leftWithItsBodyHalfSent() {
        start();
        try (Wire client = Wire.to(gateway.port())) {
            client.send("POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    + reports.headers() + "Content-Length: 100\r\n\r\n{\"mod");
        }
        reports.assertLast("none", "cancelled", null);
    }

    @Test
    void resetWithItsBodyHalfSent() {
        start();
        Wire client = Wire.to(gateway.port());
        client.send("POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + "Expect: 100-continue\r\n" + reports.headers() + "Content-Length: 100\r\n\r\n");
        // From here on the body is waited for.
        assertThat(client.readHead().status()).isEqualTo(100);
        client.reset();
        reports.assertLast("none", "cancelled", null);
    }

    @Test
    void anUpstreamOfAPlainRouteThatResetsIsNoClientThatLeaves() {
        String route = "spring.cloud.gateway.server.webflux.routes[0].";
        start(route + "id=plain", route + "uri=" + engine.uri(), route + "predicates[0]=Path=/plain");
        Wire client = send("/plain", "{}", "");
        try (Exchange exchange = engine.next()) {
            exchange.wire().reset();
            assertStatus(client, 500);
        }
        reports.assertLast("none", "5xx", 500);
    }

    @Test
    void leftBeforeItsFirstToken() {
        start("warmlane.retry.hold=0s");
        Wire client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            exchange.begin(STREAM);
            exchange.wire().sendChunk(OPENING);
            assertThat(client.readHead().status()).isEqualTo(200);
            client.close();
            exchange.wire().awaitClosed();
        }
        reports.assertLast("default", "cancelled", 200);
    }

    @ParameterizedTest
    @ValueSource(strings = {STREAM, "200 OK\r\nContent-Type: application/x-ndjson"})
    void leftInTheMiddleOfItsStream(String head) {
        start();
        Wire client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            exchange.begin(head);
            exchange.wire().sendChunk(TOKEN);
            assertThat(client.readHead().status()).isEqualTo(200);
            assertThat(client.readChunkText()).isEqualTo(TOKEN);
            client.close();
            exchange.wire().awaitClosed();
        }
        reports.assertLast("default", "cancelled", 200);
    }

    /** More than all buffers between the two hold, so writing is what fails. */
    @Test
    void leftWithMostOfItsResponseUnread() {
        start();
        Wire client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            exchange.begin(STREAM);
            exchange.wire().sendChunk(TOKEN);
            assertThat(client.readHead().status()).isEqualTo(200);
            for (int i = 0; i < 20; i++) {
                exchange.wire().sendChunk("data: " + "x".repeat(100_000) + "\n\n");
            }
            client.close();
        }
        reports.assertLast("default", "cancelled", 200);
    }

    @Test
    void closedByItsClientAfterTheLastEvent() {
        start();
        Wire client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            exchange.begin(STREAM);
            exchange.wire().sendChunk(TOKEN);
            exchange.wire().sendChunk(DONE);
            assertThat(client.readHead().status()).isEqualTo(200);
            for (String read = ""; !read.endsWith(DONE); ) {
                read += client.readChunkText();
            }
            client.close();
            exchange.wire().awaitClosed();
        }
        reports.assertLast("default", "2xx", 200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"error\": {\"message\": \"EngineCore encountered an issue.\", \"code\": 500}}\n\ndata: [DONE]\n\n",
                "data: {\"error\":{\"message\":\"x\"}}\n\n",
                "data: {\"object\": \"error\", \"message\": \"x\", \"code\": 500}\n\ndata: [DONE]\n\n",
                "event: error\ndata: {\"type\":\"error\",\"error\":{}}\n\n",
                "event: response.failed\ndata: {\"type\":\"response.failed\"}\n\n"
            })
    void endedWithAnErrorOfItsEngine(String end) {
        start();
        try (Wire client = send(PROMPT);
                Exchange exchange = engine.next()) {
            exchange.begin(STREAM);
            exchange.wire().sendChunk(TOKEN);
            exchange.wire().sendChunk(end);
            exchange.wire().sendLastChunk();
            assertStatus(client, 200);
        }
        reports.assertLast("default", "failed", 200);
    }

    /** At the end, the connection breaks as well: that is not another error. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"error\":{\"message\":\"EngineCore encountered an issue.\",\"code\":500}}\n\n",
                OPENING + "data: {\"error\":{\"code\":500}}\n\n",
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}\n\n"
            })
    void failedByItsEngineInsteadOfAFirstToken(String error) {
        for (String hold : List.of("0s", "60s")) {
            start("warmlane.retry.hold=" + hold);
            Tally tally = tally();
            long errors = tally.errors();
            long firstTokens = streams(tally);
            long timed = timedStreams();
            Wire client = send(PROMPT);
            try (Exchange exchange = engine.next()) {
                exchange.begin(STREAM);
                exchange.wire().sendChunk(error);
                exchange.wire().sendChunk(DONE);
                assertThat(client.readHead().status()).isEqualTo(200);
                for (String read = ""; !read.endsWith(DONE); ) {
                    read += client.readChunkText();
                }
                exchange.wire().reset();
            }
            while (client.readChunk().length > 0) {
                // What the gateway says of the broken connection.
            }
            client.close();
            reports.assertLast("default", "failed", 200);
            assertThat(tally().errors()).isEqualTo(errors + 1);
            assertThat(streams(tally())).isEqualTo(firstTokens);
            assertThat(timedStreams()).isEqualTo(timed);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", TOKEN})
    void endedWithAnErrorOfItsClient(String before) {
        start();
        long errors = tally().errors();
        long firstTokens = streams(tally());
        for (String error : List.of(
                "data: {\"error\": {\"message\": \"x\", \"type\": \"BadRequestError\", \"code\": 400}}\n\n",
                "data: {\"object\": \"error\", \"message\": \"x\", \"code\": 400}\n\n")) {
            try (Wire client = send(PROMPT);
                    Exchange exchange = engine.next()) {
                exchange.begin(STREAM);
                exchange.wire().sendChunk(before + error);
                exchange.wire().sendChunk(DONE);
                exchange.wire().sendLastChunk();
                assertStatus(client, 200);
            }
            reports.assertLast("default", "2xx", 200);
        }
        assertThat(tally().errors()).isEqualTo(errors);
        assertThat(streams(tally())).isEqualTo(firstTokens + (before.isEmpty() ? 0 : 2));
    }

    private Tally tally() {
        EndpointId id = gateway.router().pool().snapshot().endpoints().get(0).id();
        return gateway.router().tallies().of(id);
    }

    private static long streams(Tally tally) {
        long[] upTo = tally.firstTokens();
        return upTo[upTo.length - 1];
    }

    private long timedStreams() {
        Timer timer = gateway.bean(MeterRegistry.class)
                .find(RequestMeter.TTFT.meterName())
                .timer();
        return timer == null ? 0 : timer.count();
    }

    @Test
    void brokenOffByItsEngine() {
        start();
        for (String type : List.of("text/event-stream", "application/x-ndjson")) {
            try (Wire client = send(PROMPT)) {
                try (Exchange exchange = engine.next()) {
                    exchange.begin("200 OK\r\nContent-Type: " + type);
                    exchange.wire().sendChunk(TOKEN);
                    assertThat(client.readHead().status()).isEqualTo(200);
                    assertThat(client.readChunkText()).isEqualTo(TOKEN);
                }
                reports.assertLast("default", "failed", 200);
            }
        }
    }
}
