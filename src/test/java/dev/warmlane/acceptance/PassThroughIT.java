package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import io.micrometer.tracing.Tracer;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;

/** What goes in comes out: every byte of bodies, piece by piece, and all headers but those that are not for the other side. */
class PassThroughIT {
    private static final String CHAT = "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nx-session-id: s\r\n";

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    @BeforeAll
    static void start() {
        engine = HandDrivenEngine.start();
        gateway = RunningGateway.start(
                "warmlane.endpoints=" + engine.uri(),
                "warmlane.upstream.response-timeout=5s",
                "warmlane.upstream.idle-timeout=5s");
    }

    @AfterAll
    static void stop() {
        gateway.close();
        engine.close();
    }

    @Test
    void streamsHeadersAndEachPieceBeforeTheEngineHasTheNext() {
        try (Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            upstream.begin("200 OK\r\nContent-Type: text/event-stream; charset=utf-8");
            assertThat(client.readHead().status()).isEqualTo(200);

            upstream.wire().sendChunk("data: {\"n\":1}\n\n");
            assertThat(client.readChunkText()).isEqualTo("data: {\"n\":1}\n\n");

            upstream.wire().sendChunk("data: [DONE]\n\n");
            assertThat(client.readChunkText()).isEqualTo("data: [DONE]\n\n");

            upstream.wire().sendLastChunk();
            assertThat(client.readChunk()).isEmpty();
        }
    }

    @Test
    void streamsEachPieceOfAnyContentType() {
        try (Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            upstream.begin("200 OK\r\nContent-Type: application/x-ndjson");
            upstream.wire().sendChunk("{\"n\":1}\n");
            assertThat(client.readHead().header("content-type")).isEqualTo("application/x-ndjson");
            assertThat(client.readChunkText()).isEqualTo("{\"n\":1}\n");

            upstream.wire().sendLastChunk();
            assertThat(client.readChunk()).isEmpty();
        }
    }

    @Test
    void forwardsTheBodyByteForByte() {
        byte[] body = bytesOf("{ \"a\" :\t1,\r\n\"a\":2, \"\\u00e9\":\"\u00e9\", \"bad\":\"", 0xff, 0xc0, '"', '}');
        try (Wire client = Wire.to(gateway.port())) {
            client.send(CHAT + "Content-Length: " + body.length + "\r\n\r\n");
            client.send(body);
            try (Exchange upstream = engine.next()) {
                assertThat(upstream.request().body()).isEqualTo(body);
                upstream.answer("200 OK", "ok");
            }
            assertThat(client.readMessage().text()).isEqualTo("ok");
        }
    }

    @Test
    void leavesABodyThatNeedNotBeReadForTheEngineToRefuse() {
        try (Wire client = send(CHAT + "Content-Length: 8\r\n\r\nnot json");
                Exchange upstream = engine.next()) {
            assertThat(upstream.request().text()).isEqualTo("not json");
            upstream.answer("400 Bad Request", "{\"error\":\"not json\"}");
            WireMessage response = client.readMessage();
            assertThat(response.status()).isEqualTo(400);
            assertThat(response.text()).isEqualTo("{\"error\":\"not json\"}");
        }
    }

    @Test
    void forwardsAChunkedBodyByteForByte() {
        try (Wire client = send(CHAT + "Transfer-Encoding: chunked\r\n\r\n")) {
            client.sendChunk("{\"a\":");
            client.sendChunk(" 1}");
            client.sendLastChunk();
            try (Exchange upstream = engine.next()) {
                assertThat(upstream.request().text()).isEqualTo("{\"a\": 1}");
                upstream.answer("200 OK", "ok");
            }
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
    }

    @Test
    void forwardsMultipartUntouched() {
        String type = "multipart/form-data; boundary=\"--b\"";
        String body = "----b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n\u0000\u0001"
                + "\r\n----b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n----b--\r\n";
        try (Wire client = send("POST /v1/audio/transcriptions HTTP/1.1\r\nHost: gateway\r\nContent-Type: " + type
                        + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
                Exchange upstream = engine.next()) {
            assertThat(upstream.request().header("content-type")).isEqualTo(type);
            assertThat(upstream.request().text()).isEqualTo(body);
            upstream.answer("200 OK", "{\"text\":\"\"}");
            assertThat(client.readMessage().text()).isEqualTo("{\"text\":\"\"}");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "PATCH", "DELETE", "OPTIONS"})
    void forwardsAnyMethodWithPathAndQuery(String method) {
        String target = "/v1/responses/resp_1?stream=true&after=%2F%20a+b&empty=&flag";
        try (Wire client = send(method + " " + target + " HTTP/1.1\r\nHost: gateway\r\n\r\n");
                Exchange upstream = engine.next()) {
            assertThat(upstream.request().startLine()).isEqualTo(method + " " + target + " HTTP/1.1");
            upstream.answer("200 OK", "{}");
            assertThat(client.readMessage().text()).isEqualTo("{}");
        }
    }

    @Test
    void forwardsTheAnswerToHeadWithTheLengthThatItAnnounces() {
        try (Wire client = send("HEAD /v1/responses/resp_1 HTTP/1.1\r\nHost: gateway\r\n\r\n");
                Exchange upstream = engine.next()) {
            assertThat(upstream.request().startLine()).isEqualTo("HEAD /v1/responses/resp_1 HTTP/1.1");
            upstream.wire().send("HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\nx-from: engine\r\n\r\n");
            WireMessage head = client.readHead();
            assertThat(head.status()).isEqualTo(404);
            assertThat(head.header("content-length")).isEqualTo("12");
            assertThat(head.header("x-from")).isEqualTo("engine");
        }
    }

    @Test
    void reachesTheEngineFromAnAbsoluteTarget() {
        try (Wire client = send(
                        "POST http://gateway/v1/completions HTTP/1.1\r\nHost: gateway\r\nx-session-id: s\r\nContent-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            assertThat(upstream.request().startLine()).isEqualTo("POST /v1/completions HTTP/1.1");
            assertThat(upstream.request().headerValues("host"))
                    .containsExactly(engine.uri().getAuthority());
            upstream.answer("200 OK", "{}");
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
    }

    @Test
    void keepsHeadersOfTheConnectionAndItsOwnFromTheEngine() {
        try (Wire client = send(CHAT
                        + "Connection: keep-alive, X-Named\r\nConnection: x-named-later\r\nX-Named: 1\r\nx-named-later: 1\r\n"
                        + "Keep-Alive: timeout=5\r\nTE: trailers\r\nTrailer: x\r\nProxy-Authorization: p\r\n"
                        + "Proxy-Connection: keep-alive\r\nX-Warmlane-Endpoint: evil\r\n"
                        + "Authorization: Bearer mine\r\nUser-Agent: mine\r\nAccept: a/b\r\nX-Twice: 1\r\nX-Twice: 2\r\n"
                        + "Content-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            WireMessage request = upstream.request();
            for (String stripped : new String[] {
                "x-named",
                "x-named-later",
                "keep-alive",
                "te",
                "trailer",
                "proxy-authorization",
                "proxy-connection",
                "x-warmlane-endpoint",
                "transfer-encoding"
            }) {
                assertThat(request.headerValues(stripped)).as(stripped).isEmpty();
            }
            assertThat(request.headerValues("host"))
                    .containsExactly(engine.uri().getAuthority());
            assertThat(request.headerValues("authorization")).containsExactly("Bearer mine");
            assertThat(request.headerValues("accept")).containsExactly("a/b");
            assertThat(request.headerValues("x-twice")).containsExactly("1", "2");
            assertThat(request.headerValues("x-session-id")).containsExactly("s");
            assertThat(request.headerValues("content-length")).containsExactly("2");
            assertThat(request.headerValues("user-agent")).containsExactly("mine");
            upstream.answer("200 OK", "{}");
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
    }

    @Test
    void putsNoLibrarysNameInThePlaceOfTheClients() {
        try (Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            assertThat(upstream.request().headerValues("user-agent")).isEmpty();
            upstream.answer("200 OK", "{}");
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
    }

    @Test
    void aClientOfHttp10GetsNoChunksAndKnowsTheEndByThatOfTheConnection() {
        try (Wire client = send(CHAT.replace("HTTP/1.1", "HTTP/1.0")
                        + "Connection: keep-alive\r\nContent-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            upstream.begin("200 OK\r\nContent-Type: text/event-stream");
            upstream.wire().sendChunk("data: [DONE]\n\n");
            upstream.wire().sendLastChunk();
            WireMessage head = client.readHead();
            assertThat(head.header("transfer-encoding")).isNull();
            assertThat(new String(client.readUntilClosed(), StandardCharsets.US_ASCII))
                    .isEqualTo("data: [DONE]\n\n");
        }
    }

    @Test
    void keepsHeadersOfTheConnectionFromTheClient() {
        try (Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            upstream.answer(
                    "200 OK\r\nConnection: x-named\r\nX-Named: 1\r\nKeep-Alive: timeout=5\r\nServer: uvicorn\r\n"
                            + "X-Twice: 1\r\nX-Twice: 2",
                    "{}");
            WireMessage response = client.readMessage();
            assertThat(response.header("x-named")).isNull();
            assertThat(response.header("keep-alive")).isNull();
            assertThat(response.headerValues("connection")).doesNotContain("close", "x-named");
            assertThat(response.headerValues("server")).containsExactly("uvicorn");
            assertThat(response.headerValues("x-twice")).containsExactly("1", "2");
        }
    }

    @Test
    void keepsFromTheClientWhatOneEngineWouldSayForTheWholeDomain() {
        try (Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            upstream.answer(
                    "200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nStrict-Transport-Security: max-age=1\r\n"
                            + "Alt-Svc: h3=\":443\"\r\nClear-Site-Data: \"*\"\r\nNEL: {}\r\nX-From: engine",
                    "{}");
            WireMessage response = client.readMessage();
            assertThat(response.header("x-from")).isEqualTo("engine");
            for (String name :
                    new String[] {"set-cookie", "strict-transport-security", "alt-svc", "clear-site-data", "nel"}) {
                assertThat(response.headerValues(name)).as(name).isEmpty();
            }
        }
    }

    @Test
    void saysNothingOfCorsAndLeavesTheEnginesWordWhereNoOriginIsAllowed() {
        try (Wire client = send(CHAT + "Origin: https://page.example\r\nContent-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            assertThat(upstream.request().headerValues("origin")).containsExactly("https://page.example");
            upstream.answer("200 OK\r\nAccess-Control-Allow-Origin: *", "{}");
            WireMessage response = client.readMessage();
            assertThat(response.headerValues("access-control-allow-origin")).containsExactly("*");
            assertThat(response.headerValues("vary")).isEmpty();
            assertThat(response.headerValues("access-control-expose-headers")).isEmpty();
        }
    }

    @Test
    void givesTheEngineThePeersAddressInThePlaceOfWhatTheClientClaims() {
        try (Wire client = send(CHAT + "X-Forwarded-For: 192.0.2.1\r\nx-forwarded-for: 192.0.2.2\r\n"
                        + "Forwarded: for=192.0.2.1\r\nX-Real-IP: 192.0.2.1\r\nContent-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            WireMessage request = upstream.request();
            assertThat(request.headerValues("x-forwarded-for")).containsExactly("127.0.0.1");
            assertThat(request.headerValues("forwarded")).isEmpty();
            assertThat(request.headerValues("x-real-ip")).isEmpty();
            upstream.answer("200 OK", "{}");
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "z[]=%20",
                "z[]=%2520&a=%5B",
                "a=b+c&a=%2B",
                "",
                "&&=",
                "a=/?:@!$'()*,;",
                "%C3%A9=%e9",
                "q={\"a\":[1|2]}^`<>\\\\",
                "100%",
                "a=%zz&b=%2",
                "%{}%20",
                "a=%23+{"
            })
    void forwardsAQueryByteForByte(String query) {
        try (Wire client = send(CHAT.replace(" HTTP/1.1", "?" + query + " HTTP/1.1") + "Content-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            assertThat(upstream.request().startLine()).isEqualTo("POST /v1/chat/completions?" + query + " HTTP/1.1");
            upstream.answer("200 OK", "{}");
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
    }

    @Test
    void namesEndpointAndAffinityAndTheIdThatItMade() {
        try (Wire client = send(CHAT.replace("x-session-id: s", "x-session-id: never seen before")
                        + "Content-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            String id = upstream.request().header("x-request-id");
            assertThat(id).matches("[0-9a-f]{32}");
            upstream.answer("200 OK\r\nX-Request-Id: the engine's own", "{}");
            WireMessage response = client.readMessage();
            assertThat(response.headerValues("x-request-id")).containsExactly(id);
            assertThat(response.headerValues("x-warmlane-endpoint"))
                    .containsExactly(engine.uri().getAuthority());
            assertThat(response.headerValues("x-warmlane-affinity")).containsExactly("session;placed");
        }
    }

    @Test
    void passesATraceparentUntouchedWhereNoCollectorIsSet() {
        String traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        try (Wire client = send(CHAT + "traceparent: " + traceparent + "\r\nContent-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            assertThat(upstream.request().headerValues("traceparent")).containsExactly(traceparent);
            upstream.answer("200 OK", "{}");
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
        assertThatThrownBy(() -> gateway.bean(Tracer.class)).isInstanceOf(NoSuchBeanDefinitionException.class);
    }

    @Test
    void passesOnTheIdThatTheClientGave() {
        try (Wire client = send(CHAT + "X-Request-Id: mine\r\nContent-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            assertThat(upstream.request().headerValues("x-request-id")).containsExactly("mine");
            upstream.answer("200 OK", "{}");
            assertThat(client.readMessage().headerValues("x-request-id")).containsExactly("mine");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"400 Bad Request", "401 Unauthorized", "404 Not Found", "418 Teapot", "500 Error", "503 Busy"})
    void passesErrorsOfTheEngineUntouched(String status) {
        String body = "{\"object\":\"error\", \"message\" : \"in its own words\",\"code\":null}";
        try (Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            upstream.answer(status + "\r\nContent-Type: application/json\r\nRetry-After: 7", body);
            WireMessage response = client.readMessage();
            assertThat(response.status()).isEqualTo(Integer.parseInt(status.substring(0, 3)));
            assertThat(response.headerValues("content-type")).containsExactly("application/json");
            assertThat(response.headerValues("retry-after")).containsExactly("7");
            assertThat(response.text()).isEqualTo(body);
        }
    }

    @Test
    void passesAnAnswerWithoutABody() {
        try (Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            upstream.answer("202 Accepted\r\nx-from: engine", "");
            WireMessage response = client.readMessage();
            assertThat(response.status()).isEqualTo(202);
            assertThat(response.header("x-from")).isEqualTo("engine");
            assertThat(response.body()).isEmpty();
        }
    }

    @Test
    void endsAStreamThatBrokeOffWithAnErrorEvent() {
        try (Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}")) {
            try (Exchange upstream = engine.next()) {
                upstream.begin("200 OK\r\nContent-Type: text/event-stream");
                upstream.wire().sendChunk("data: {\"n\":1}\n\n");
                client.readHead();
                assertThat(client.readChunkText()).isEqualTo("data: {\"n\":1}\n\n");
            }
            assertErrorEventAndEnd(client, "upstream_failed");
        }
    }

    @Test
    void endsAStreamThatPausesForTooLongWithAnErrorEvent() {
        try (Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            upstream.begin("200 OK\r\nContent-Type: text/event-stream");
            client.readHead();
            assertErrorEventAndEnd(client, "upstream_timeout");
            upstream.wire().awaitClosed();
        }
    }

    private static void assertErrorEventAndEnd(Wire client, String code) {
        String event = client.readChunkText();
        assertThat(event).startsWith("\n\ndata: {\"error\":{").endsWith("}\n\n").contains("\"code\":\"" + code + "\"");
        assertThat(client.readChunk()).isEmpty();
    }

    @Test
    void breaksTheConnectionWhereAnAnswerThatIsNoStreamBreaksOff() {
        try (Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}")) {
            try (Exchange upstream = engine.next()) {
                upstream.begin("200 OK\r\nContent-Type: application/json");
                upstream.wire().sendChunk("{\"half\":");
                client.readHead();
                assertThat(client.readChunkText()).isEqualTo("{\"half\":");
            }
            assertThatThrownBy(client::readChunk).isInstanceOf(UncheckedIOException.class);
        }
    }

    @Test
    void breaksTheConnectionWhereAnAnswerOfAnnouncedLengthBreaksOff() {
        try (Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}")) {
            try (Exchange upstream = engine.next()) {
                upstream.wire().send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf");
                assertThat(client.readHead().header("content-length")).isEqualTo("100000");
            }
            client.awaitClosed();
        }
    }

    @Test
    void answers502WhereTheEngineBreaksOffBeforeAnythingWasPassedOn() {
        try (Wire client = send(CHAT + "X-Request-Id: mine\r\nContent-Length: 2\r\n\r\n{}")) {
            try (Exchange upstream = engine.next()) {
                upstream.wire().send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nx-from: engine\r\n\r\n{\"half\":");
            }
            WireMessage response = client.readMessage();
            assertThat(response.status()).isEqualTo(502);
            assertThat(response.json().at("/error/code").asString()).isEqualTo("upstream_failed");
            assertThat(response.text()).doesNotContain(engine.uri().getHost());
            assertThat(response.headerValues("x-request-id")).containsExactly("mine");
            assertThat(response.header("x-from")).isNull();
        }
    }

    @Test
    void answers504WhereTheEngineDoesNotAnswerUnderTheIdThatTheEngineSaw() {
        try (Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}");
                Exchange upstream = engine.next()) {
            WireMessage response = client.readMessage();
            assertThat(response.status()).isEqualTo(504);
            assertThat(response.json().at("/error/code").asString()).isEqualTo("upstream_timeout");
            assertThat(response.header("x-request-id"))
                    .isEqualTo(upstream.request().header("x-request-id"));
            upstream.wire().awaitClosed();
        }
    }

    @Test
    void cancelsAtTheEngineWhenTheClientLeavesBeforeTheAnswer() {
        Wire client = send(CHAT + "Content-Length: 2\r\n\r\n{}");
        try (Exchange upstream = engine.next()) {
            client.close();
            upstream.wire().awaitClosed();
        }
    }

    private static Wire send(String request) {
        Wire client = Wire.to(gateway.port());
        client.send(request);
        return client;
    }

    /** The text in UTF-8, and these bytes after it. */
    private static byte[] bytesOf(String text, int... more) {
        byte[] start = text.getBytes(StandardCharsets.UTF_8);
        byte[] all = Arrays.copyOf(start, start.length + more.length);
        for (int i = 0; i < more.length; i++) {
            all[start.length + i] = (byte) more[i];
        }
        return all;
    }
}
