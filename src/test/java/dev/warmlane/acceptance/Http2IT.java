package dev.warmlane.acceptance;

import static dev.warmlane.harness.Http2Wire.CONTINUATION;
import static dev.warmlane.harness.Http2Wire.DATA;
import static dev.warmlane.harness.Http2Wire.END_HEADERS;
import static dev.warmlane.harness.Http2Wire.END_STREAM;
import static dev.warmlane.harness.Http2Wire.GOAWAY;
import static dev.warmlane.harness.Http2Wire.HEADERS;
import static dev.warmlane.harness.Http2Wire.RST_STREAM;
import static dev.warmlane.harness.Http2Wire.SETTINGS;
import static dev.warmlane.harness.Http2Wire.WINDOW_UPDATE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.Http2Wire;
import dev.warmlane.harness.Http2Wire.Frame;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.Wire;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that know beforehand that the gateway speaks HTTP/2, well-behaved and other. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Http2IT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String EVENTS = "200 OK\r\nContent-Type: text/event-stream";
    private static final String JSON = "200 OK\r\nContent-Type: application/json";
    private static final int PROTOCOL_ERROR = 1;
    private static final int NO_ERROR = 0;
    private static final int STREAM_CLOSED = 5;
    private static final int REFUSED_STREAM = 7;
    private static final int CANCEL = 8;
    private static final int ENHANCE_YOUR_CALM = 11;

    private final HandDrivenEngine engine = HandDrivenEngine.start();
    private final SharedGateways gateways = new SharedGateways(settings -> RunningGateway.inFrontOf(engine, settings));
    private RunningGateway gateway;

    @AfterEach
    void nothingIsLeft() {
        // What a test has reset may reach the engine after the gateway has given it up.
        await().until(() -> gateway.inFlight() == 0 && !engine.isReading());
        for (Exchange unanswered = engine.poll(); unanswered != null; unanswered = engine.poll()) {
            unanswered.close();
        }
    }

    @AfterAll
    void stop() {
        gateways.close();
        engine.close();
    }

    @Test
    void streamsOfOneConnectionAreServedSideBySide() {
        try (Http2Wire client = start()) {
            client.post(1, CHAT, "{\"stream\":true,\"messages\":[]}");
            Exchange stream = engine.next();
            assertThat(stream.request().startLine()).isEqualTo("POST /v1/chat/completions HTTP/1.1");
            assertThat(stream.request().headers()).noneMatch(line -> line.contains("http2"));
            stream.begin(EVENTS);
            stream.wire().sendChunk("data: 1\n\n");
            Http2Headers head = client.head(1);
            assertThat(head.status()).hasToString("200");
            assertThat(head.get("content-type")).hasToString("text/event-stream");
            assertThat(head.contains("transfer-encoding")).isFalse();
            assertThat(client.await(DATA).text()).isEqualTo("data: 1\n\n");

            client.post(3, CHAT, "{\"messages\":[]}");
            engine.next().answer(JSON, "{}");
            assertThat(client.status(3)).isEqualTo(200);
            assertThat(client.await(Frame::endsStream).stream()).isEqualTo(3);

            stream.wire().sendChunk("data: [DONE]\n\n");
            stream.wire().sendLastChunk();
            assertThat(client.await(DATA).text()).isEqualTo("data: [DONE]\n\n");
            assertThat(client.await(Frame::endsStream).stream()).isEqualTo(1);
        }
    }

    @Test
    void aResponseThatHasNoContentHasNoLength() {
        try (Http2Wire client = start()) {
            client.post(1, CHAT, "{\"messages\":[]}");
            engine.next().answer("204 No Content", "");
            Http2Headers head = client.head(1);
            assertThat(head.status()).hasToString("204");
            assertThat(head.contains("content-length")).isFalse();
        }
    }

    @Test
    void aStreamThatIsResetIsAClientThatLeaves() {
        try (Http2Wire client = start()) {
            client.post(1, CHAT, "{\"messages\":[]}");
            client.post(3, CHAT, "{\"messages\":[]}");
            Exchange left = engine.next();
            Exchange waiting = engine.next();
            double before = cancelled();
            client.reset(1);
            await().until(() -> gateway.inFlight() == 1);
            // It is counted a moment later.
            await().untilAsserted(() -> assertThat(cancelled()).isEqualTo(before + 1));
            left.close();
            waiting.close();
        }
    }

    @Test
    void aClientThatClosesTheConnectionLeavesAllItsStreams() {
        try (Http2Wire client = start()) {
            client.post(1, CHAT, "{\"messages\":[]}");
            client.post(3, CHAT, "{\"messages\":[]}");
            engine.next();
            engine.next();
            client.close();
            await().until(() -> gateway.inFlight() == 0);
        }
    }

    @Test
    void aResponseThatBreaksOffResetsItsStreamAlone() {
        try (Http2Wire client = start()) {
            client.post(1, CHAT, "{\"messages\":[]}");
            Exchange broken = engine.next();
            broken.wire().send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n");
            broken.wire().send(new byte[30_000]);
            assertThat(client.status(1)).isEqualTo(200);
            broken.wire().reset();
            Frame end = client.await(frame -> frame.type() == RST_STREAM || frame.endsStream());
            assertThat(end.type()).isEqualTo(RST_STREAM);
            client.get(3, "/v1/models");
            assertThat(client.status(3)).isEqualTo(200);
        }
    }

    static Stream<Arguments> requestsThatAreRefused() {
        List<String> many = new ArrayList<>(List.of(":method", "GET", ":path", "/v1/models"));
        for (int i = 0; i < 200; i++) {
            many.addAll(List.of("x-" + i, "1"));
        }
        return Stream.of(
                Arguments.of(431, many.toArray(new String[0])),
                Arguments.of(400, new String[] {":method", "GET", ":path", "/v1/models?a b"}),
                Arguments.of(400, new String[] {":method", "GET", ":path", "/v1/models?a HTTP/1.1\r\nx: y"}),
                Arguments.of(400, new String[] {":method", "GET", ":path", "/v1/models#a"}),
                Arguments.of(400, new String[] {":method", "GET", ":path", "/v1/models", "host", "other"}),
                Arguments.of(400, new String[] {":method", "GET", ":path", "/v1/models", "content-length", "-1"}),
                Arguments.of(400, new String[] {":method", "GET", ":path", "models"}),
                Arguments.of(404, new String[] {":method", "GET", ":path", "/v1//models"}),
                Arguments.of(404, new String[] {":method", "GET", ":path", "/v1/%6dodels"}),
                Arguments.of(404, new String[] {":method", "GET", ":path", "/actuator/health"}),
                Arguments.of(405, new String[] {":method", "TRACE", ":path", "/v1/models"}),
                Arguments.of(405, new String[] {":method", "GET /", ":path", "/v1/models"}));
    }

    @ParameterizedTest
    @MethodSource("requestsThatAreRefused")
    void whatHttp1RefusesIsRefusedHere(int status, String[] fields) {
        try (Http2Wire client = start()) {
            client.request(1, END_STREAM, fields);
            Frame answer = client.await(frame -> frame.type() == HEADERS || frame.type() == RST_STREAM);
            if (answer.type() == RST_STREAM) {
                assertThat(answer.error()).as("a request that is none").isEqualTo(PROTOCOL_ERROR);
                assertThat(status).isEqualTo(400);
            } else {
                assertThat(client.decode(answer).status()).hasToString(Integer.toString(status));
                assertThat(client.await(Frame::endsStream).text()).contains("\"error\"");
            }
            client.get(3, "/v1/models");
            assertThat(client.status(3)).as("the connection goes on").isEqualTo(200);
        }
        assertThat(engine.requests()).isZero();
    }

    @Test
    void headersAreBounded() {
        try (Http2Wire client = startNarrow()) {
            double before = refused();
            client.request(3, END_STREAM, ":method", "GET", ":path", "/v1/models", "x", "y".repeat(9000));
            Http2Headers head = client.head(3);
            assertThat(head.status()).hasToString("431");
            assertThat(head.get("content-type")).hasToString("application/json");
            assertThat(head.contains("x-request-id")).isTrue();
            Frame explained = client.await(DATA);
            assertThat(explained.text()).contains("{\"error\":{\"message\":", "\"invalid_request_error\"");
            assertThat(head.get("content-length")).hasToString(String.valueOf(explained.payload().length));
            assertThat(explained.endsStream()).isTrue();
            assertThat(client.await(RST_STREAM).error()).isEqualTo(NO_ERROR);
            assertThat(refused()).isEqualTo(before + 1);
            client.get(5, "/v1/models");
            assertThat(client.status(5)).isEqualTo(200);
        }
    }

    @Test
    void bodiesAreBounded() {
        try (Http2Wire client = startNarrow()) {
            client.request(3, 0, ":method", "POST", ":path", CHAT, "content-type", "application/json");
            client.send(DATA, 0, 3, new byte[2000]);
            assertThat(client.status(3)).isEqualTo(413);
            client.send(DATA, 0, 3, new byte[2000]);
            client.send(DATA, 0, 3, new byte[2000]);
            assertThat(client.await(RST_STREAM).error()).isEqualTo(NO_ERROR);
        }
    }

    @Test
    void bodiesThatStandStillAreGivenUp() {
        try (Http2Wire client = startImpatient()) {
            client.request(1, 0, ":method", "POST", ":path", CHAT, "content-type", "application/json");
            assertThat(client.status(1)).isEqualTo(408);
        }
    }

    @Test
    void trailersThatMeanSomethingAreRefused() {
        try (Http2Wire client = start()) {
            client.request(1, 0, ":method", "POST", ":path", CHAT, "content-type", "application/json");
            client.send(DATA, 0, 1, "{}".getBytes());
            client.send(HEADERS, END_STREAM | END_HEADERS, 1, Http2Wire.block("authorization", "Bearer x"));
            assertThat(client.status(1)).isEqualTo(400);
        }
        assertThat(engine.requests()).isZero();
    }

    @Test
    void aConnectionHasSoManyStreamsAndNoMore() {
        try (Http2Wire client = startNarrow()) {
            client.post(3, CHAT, "{}");
            client.post(5, CHAT, "{}");
            client.post(7, CHAT, "{}");
            Frame refused = client.await(RST_STREAM);
            assertThat(refused.stream()).isEqualTo(7);
            assertThat(refused.error()).isEqualTo(REFUSED_STREAM);
        }
    }

    @Test
    void theGatewaysOwnLimitOfRequestsHolds() {
        try (Http2Wire client = startNarrow();
                Http2Wire another = startNarrow()) {
            client.post(3, CHAT, "{}");
            client.post(5, CHAT, "{}");
            engine.next();
            engine.next();
            another.post(3, CHAT, "{}");
            assertThat(another.status(3)).isEqualTo(429);
        }
    }

    @Test
    void aConnectionTooManyIsToldSo() {
        try (Http2Wire first = startNarrow();
                Http2Wire second = startNarrow();
                Http2Wire third = Http2Wire.to(gateway.port())) {
            third.get(1, "/v1/models");
            assertThat(third.status(1)).isEqualTo(503);
            for (Http2Wire admitted : List.of(first, second)) {
                admitted.get(3, "/v1/models");
                assertThat(admitted.status(3)).isEqualTo(200);
            }
        }
    }

    @Test
    void whoeverOnlyResetsStreamsIsSentAway() {
        try (Http2Wire client = start()) {
            for (int stream = 1; stream < 4000; stream += 2) {
                client.post(stream, CHAT, "{}");
                client.reset(stream);
            }
            assertThat(client.await(GOAWAY).error()).isEqualTo(ENHANCE_YOUR_CALM);
        }
        assertStillServes();
    }

    @Test
    void headersWithoutEndAreCutOff() {
        try (Http2Wire client = start()) {
            client.send(HEADERS, 0, 1, Http2Wire.block(":method", "GET", ":path", "/v1/models", ":scheme", "http"));
            byte[] more = Http2Wire.block("x", "y".repeat(10_000));
            for (int i = 0; i < 2000; i++) {
                client.send(CONTINUATION, 0, 1, more);
            }
            client.awaitClosed();
        }
        assertStillServes();
    }

    @Test
    void aManyOfSmallContinuationsIsCutOff() {
        try (Http2Wire client = start()) {
            client.send(HEADERS, 0, 1, Http2Wire.block(":method", "GET", ":path", "/v1/models", ":scheme", "http"));
            for (int i = 0; i < 10_000; i++) {
                client.send(CONTINUATION, 0, 1, new byte[0]);
            }
            client.awaitClosed();
        }
        assertStillServes();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void headersOfAStreamThatIsOverEndTheConnection(boolean answered) {
        try (Http2Wire client = start()) {
            client.post(1, CHAT, "{\"messages\":[]}");
            Exchange exchange = engine.next();
            if (answered) {
                exchange.answer(JSON, "{}");
                client.await(Frame::endsStream);
            }
            client.get(1, "/v1/models");
            assertThat(client.await(GOAWAY).error()).isEqualTo(STREAM_CLOSED);
            client.awaitClosed();
            exchange.close();
        }
        assertStillServes();
    }

    @Test
    void aStreamBelowAnotherEndsTheConnectionAndWhatCameBeforeIsServed() {
        try (Http2Wire client = start()) {
            client.get(5, "/v1/models");
            client.get(3, "/v1/models");
            assertThat(client.await(GOAWAY).error()).isEqualTo(STREAM_CLOSED);
            client.awaitClosed();
        }
        assertStillServes();
    }

    @Test
    void trailersOfAStreamThatIsOpenAreItsOwn() {
        try (Http2Wire client = start()) {
            client.request(1, 0, ":method", "POST", ":path", CHAT, "content-type", "application/json");
            client.send(DATA, 0, 1, "{\"messages\":[]}".getBytes(StandardCharsets.UTF_8));
            client.get(3, "/v1/models");
            client.send(HEADERS, END_HEADERS | END_STREAM, 1, Http2Wire.block("x-checksum", "1"));
            engine.next().answer(JSON, "{}");
            await().until(() -> gateway.inFlight() == 0);
            assertThat(client.await(frame -> frame.stream() == 1 && frame.type() == HEADERS))
                    .isNotNull();
        }
    }

    @Test
    void aPrefaceThatIsWrongGetsNoAnswerAndAnEmptyLineBeforeARequestIsNone() {
        start().close();
        try (Wire client = Wire.to(gateway.port())) {
            client.send("INVALID CONNECTION PREFACE\r\n\r\n");
            assertThat(client.readUntilClosed()).isEmpty();
        }
        try (Wire client = Wire.to(gateway.port())) {
            client.send("\r\nGET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertThat(client.readUntilClosed()).asString().startsWith("HTTP/1.1 200");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\6\4"})
    void whoeverIsSilentAfterThePrefaceIsNotWaitedFor(String begun) {
        startImpatient().close();
        try (Wire client = Wire.to(gateway.port())) {
            client.send(begun.getBytes(StandardCharsets.ISO_8859_1));
            client.awaitClosed();
        }
    }

    @Test
    void headersThatDripAreNotWaitedFor() {
        try (Http2Wire client = startImpatient()) {
            client.get(1, "/v1/models");
            assertThat(client.status(1)).isEqualTo(200);
            client.send(HEADERS, 0, 3, Http2Wire.block(":method", "GET", ":path", "/v1/models", ":scheme", "http"));
            client.send(CONTINUATION, 0, 3, Http2Wire.block("x", "y"));
            assertThat(client.await(GOAWAY).error()).isEqualTo(ENHANCE_YOUR_CALM);
            client.awaitClosed();
        }
    }

    @Test
    void aQuietConnectionIsClosed() {
        try (Http2Wire client = startImpatient()) {
            client.get(1, "/v1/models");
            assertThat(client.status(1)).isEqualTo(200);
            assertThat(client.await(GOAWAY).error()).isEqualTo(NO_ERROR);
            client.awaitClosed();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStreamOfWhichSomethingWaitsIsCancelledByWhoDoesNotReadOrResetsIt(boolean resets) {
        try (Http2Wire client = startImpatient()) {
            double before = cancelled();
            client.post(1, CHAT, "{\"messages\":[],\"stream\":true}");
            try (Exchange exchange = engine.next()) {
                exchange.begin(EVENTS);
                exchange.wire().sendChunk("data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n");
                // More than the window of a stream, which nobody opens again.
                for (int i = 0; i < 20; i++) {
                    exchange.wire().sendChunk("data: " + "x".repeat(10_000) + "\n\n");
                }
                if (resets) {
                    client.await(DATA);
                    client.reset(1);
                }
                await().untilAsserted(() -> assertThat(cancelled()).isEqualTo(before + 1));
            }
        }
    }

    @Test
    void aWholeResponseThatIsNotTakenIsReset() {
        try (Http2Wire client = startImpatient()) {
            // Nothing of a body may be sent (RFC 9113, section 6.5.2).
            client.send(SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, 0});
            client.get(1, "/v1/models");
            assertThat(client.await(RST_STREAM).error()).isEqualTo(CANCEL);
            assertThat(client.await(GOAWAY).error()).isEqualTo(NO_ERROR);
            client.awaitClosed();
        }
    }

    /** The end that it would be told of waits as all else does, and a ping takes nothing in. */
    @Test
    void aConnectionWhoseClientNeverReadsIsClosedWhateverWindowsItGives() {
        try (Http2Wire client = startImpatient()) {
            client.send(SETTINGS, 0, 0, new byte[] {0, 4, 0x7f, -1, -1, -1});
            client.send(WINDOW_UPDATE, 0, 0, new byte[] {0x7f, -1, 0, 0});
            client.post(1, CHAT, "{\"messages\":[],\"stream\":true}");
            try (Exchange exchange = engine.next()) {
                exchange.begin(EVENTS);
                String event = "data: " + "x".repeat(60_000) + "\n\n";
                assertThatThrownBy(() -> {
                            while (true) {
                                exchange.wire().sendChunk(event);
                            }
                        })
                        .isInstanceOf(UncheckedIOException.class);
            }
            client.pingUntilClosed();
        }
    }

    @Test
    void aWebSocketIsToldToComeByHttp1() {
        try (Http2Wire client = start()) {
            client.get(1, "/v1/realtime");
            assertThat(client.status(1)).isEqualTo(400);
            assertThat(client.await(DATA).text()).contains("websocket_needs_http1");
        }
    }

    @Test
    void thereIsNoUpgradeFromHttp1() throws Exception {
        start().close();
        // Java's client asks for one where there is no TLS.
        HttpResponse<String> answer = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .build()
                .send(HttpRequest.newBuilder(gateway.uri("/v1/models")).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
    }

    /** Requests that the metrics call cancelled by their clients. */
    private double cancelled() {
        return counted("default", "cancelled");
    }

    /** Requests that the metrics call refused before their pool was known. */
    private double refused() {
        return counted("none", "4xx");
    }

    private double counted(String pool, String result) {
        String series = "warmlane_requests_total{pool=\"%s\",result=\"%s\"} ".formatted(pool, result);
        return Wire.exchange(
                        gateway.management("/").getPort(),
                        "GET /actuator/prometheus HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .text()
                .lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private void assertStillServes() {
        try (Http2Wire other = Http2Wire.to(gateway.port())) {
            other.get(1, "/v1/models");
            assertThat(other.status(1)).isEqualTo(200);
        }
    }

    /** A connection whose stream 1 is over, of a gateway that takes two, and two requests at a time, of a kilobyte each. */
    private Http2Wire startNarrow() {
        gateway = gatewayWith(
                "warmlane.limits.connections=2",
                "warmlane.limits.streams=2",
                "warmlane.limits.streams-per-connection=2",
                "warmlane.limits.headers=8KB",
                "warmlane.limits.body=1KB");
        // Those of another test may not be gone yet.
        return await().until(this::admitted, Objects::nonNull);
    }

    private @Nullable Http2Wire admitted() {
        Http2Wire client = Http2Wire.to(gateway.port());
        client.get(1, "/v1/models");
        if (client.status(1) == 200 && client.await(Frame::endsStream).stream() == 1) {
            return client;
        }
        client.close();
        return null;
    }

    private Http2Wire startImpatient() {
        return start(
                "warmlane.limits.header-timeout=300ms",
                "warmlane.limits.body-timeout=200ms",
                "warmlane.limits.idle-timeout=1s");
    }

    private Http2Wire start(String... settings) {
        gateway = gatewayWith(settings);
        return Http2Wire.to(gateway.port());
    }

    private RunningGateway gatewayWith(String... settings) {
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("server.http2.enabled=true");
        return gateways.with(all.toArray(new String[0]));
    }
}
