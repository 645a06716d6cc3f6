package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.ReportedEnds;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.WebSocketClient;
import dev.warmlane.harness.WebSocketWire;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import dev.warmlane.metrics.RequestMeter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What passes of a WebSocket frame by frame, how it ends for either side, and how that is counted. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebSocketEndsIT {
    private static final String DONE = "{\"type\":\"transcription.done\",\"text\":\"a\",\"usage\":"
            + "{\"prompt_tokens\":40,\"total_tokens\":43,\"completion_tokens\":3}}";

    private final HandDrivenEngine engine = HandDrivenEngine.start();
    private final SharedGateways gateways = new SharedGateways(settings -> RunningGateway.inFrontOf(engine, settings));
    private final SharedGateways lockedGateways =
            new SharedGateways(settings -> RunningGateway.start(settings).ready());
    private Path directory;
    private ReportedEnds ends;
    private RunningGateway reporting;

    @BeforeAll
    void start(@TempDir Path files) {
        directory = files;
        ends = new ReportedEnds(files);
        reporting = ends.start("warmlane.endpoints=" + engine.uri());
    }

    @AfterAll
    void stop() {
        gateways.close();
        lockedGateways.close();
        reporting.close();
        ends.close();
        engine.close();
    }

    @Test
    void framesPassAsTheyAreBothWays() {
        try (Wire wire = Wire.to(gateways.with().port())) {
            wire.send(
                    WebSocketWire.request(
                            "/v1/realtime?x=%20",
                            "Sec-WebSocket-Extensions: permessage-deflate\r\nAuthorization: Bearer mine\r\nOrigin: http://o\r\n"));
            Exchange exchange = engine.next();
            WireMessage asked = exchange.request();
            assertThat(asked.startLine()).isEqualTo("GET /v1/realtime?x=%20 HTTP/1.1");
            assertThat(asked.header("sec-websocket-extensions")).isNull();
            assertThat(asked.header("sec-websocket-protocol")).isNull();
            assertThat(asked.header("authorization")).isEqualTo("Bearer mine");
            assertThat(asked.header("origin")).isEqualTo("http://o");
            assertThat(asked.header("x-forwarded-for")).isEqualTo("127.0.0.1");
            assertThat(asked.header("x-request-id")).isNotNull();
            WebSocketWire from = WebSocketWire.accept(exchange, "Set-Cookie: a=b\r\nX-Engine: 1\r\n");
            WireMessage accepted = wire.readHead();
            assertThat(accepted.status()).isEqualTo(101);
            assertThat(accepted.header("x-warmlane-endpoint"))
                    .isEqualTo(engine.uri().getAuthority());
            assertThat(accepted.header("x-engine")).isEqualTo("1");
            assertThat(accepted.header("set-cookie")).isNull();
            assertThat(accepted.header("sec-websocket-accept")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            WebSocketWire client = new WebSocketWire(wire, true);
            client.send(WebSocketWire.PING, "p");
            assertThat(from.read())
                    .satisfies(frame -> assertThat(frame.opcode()).isEqualTo(WebSocketWire.PING));
            from.send(WebSocketWire.PING, "q");
            assertThat(client.read())
                    .satisfies(frame -> assertThat(frame.opcode()).isEqualTo(WebSocketWire.PING));
            client.send(WebSocketWire.PONG, "q");
            assertThat(from.read())
                    .satisfies(frame -> assertThat(frame.opcode()).isEqualTo(WebSocketWire.PONG));
            client.send(WebSocketWire.TEXT, "grüße");
            assertThat(from.read().text()).isEqualTo("grüße");
        }
    }

    @Test
    void nothingThatIsHiddenBehindTheHandshakeIsServed() {
        String hidden = "POST /v1/completions HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\n\r\n{}";
        try (Wire wire = Wire.to(gateways.with().port())) {
            wire.send(WebSocketWire.request("/v1/realtime", "") + hidden);
            Exchange exchange = engine.next();
            WebSocketWire from = WebSocketWire.accept(exchange, "");
            assertThat(wire.readHead().status()).isEqualTo(101);
            from.sendClose(1000, "");
            assertThat(new WebSocketWire(wire, true).read().code()).isEqualTo(1000);
            wire.awaitClosed();
            assertThat(engine.requests()).isZero();
        }
    }

    @Test
    void theEnginesChoiceOfProtocolPasses() {
        RunningGateway gateway = gateways.with();
        CompletableFuture<WebSocketClient> connecting = CompletableFuture.supplyAsync(
                () -> WebSocketClient.connect(gateway.uri("/v1/realtime"), Map.of(), "realtime", "other"));
        Exchange exchange = engine.next();
        assertThat(exchange.request().header("sec-websocket-protocol")).isEqualTo("realtime, other");
        WebSocketWire.accept(exchange, "Sec-WebSocket-Protocol: other\r\n");
        assertThat(Awaited.result(connecting).socket().getSubprotocol()).isEqualTo("other");
        Awaited.result(connecting).socket().abort();
    }

    @Test
    void anEngineThatChoosesNoProtocolIsAcceptedAsVllmDoes() {
        try (Wire wire = Wire.to(gateways.with().port())) {
            wire.send(WebSocketWire.request("/v1/realtime", "Sec-WebSocket-Protocol: realtime\r\n"));
            WebSocketWire.accept(engine.next(), "");
            WireMessage accepted = wire.readHead();
            assertThat(accepted.status()).isEqualTo(101);
            assertThat(accepted.header("sec-websocket-protocol")).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource({"1000, bye", "4001, mine", "1008, no"})
    void codesOfClosePassBothWays(int code, String reason) {
        try (Wire wire = Wire.to(reporting.port())) {
            WebSocketWire client = new WebSocketWire(wire, true);
            WebSocketWire from = accepted(wire, ends.headers());
            from.sendClose(code, reason);
            WebSocketWire.Frame close = client.read();
            assertThat(close.opcode()).isEqualTo(WebSocketWire.CLOSE);
            assertThat(close.code()).isEqualTo(code);
            assertThat(close.text()).endsWith(reason);
            wire.awaitClosed();
        }
        ends.assertLast("default", "2xx", 101);
        try (Wire wire = Wire.to(reporting.port())) {
            WebSocketWire client = new WebSocketWire(wire, true);
            WebSocketWire from = accepted(wire, ends.headers());
            client.sendClose(code, reason);
            WebSocketWire.Frame close = from.read();
            assertThat(close.opcode()).isEqualTo(WebSocketWire.CLOSE);
            assertThat(close.code()).isEqualTo(code);
            assertThat(close.text()).endsWith(reason);
            assertThat(client.read().code()).isEqualTo(code);
            from.wire().awaitClosed();
        }
        ends.assertLast("default", "2xx", 101);
    }

    @Test
    void whoeverBreaksOffIsWhoItIsCountedFor() {
        try (Wire wire = Wire.to(reporting.port())) {
            WebSocketWire from = accepted(wire, ends.headers());
            wire.reset();
            assertThat(from.read().code()).isEqualTo(1001);
            from.wire().awaitClosed();
        }
        ends.assertLast("default", "cancelled", 101);
        try (Wire wire = Wire.to(reporting.port())) {
            accepted(wire, ends.headers()).wire().reset();
            assertThat(new WebSocketWire(wire, true).read().code()).isEqualTo(1011);
            wire.awaitClosed();
        }
        ends.assertLast("default", "failed", 101);
        await().untilAsserted(() -> assertThat(reporting.inFlight()).isZero());
    }

    @Test
    void whereNobodySaysAnythingItEnds() {
        RunningGateway gateway = gateways.with("warmlane.upstream.idle-timeout=300ms");
        try (Wire wire = Wire.to(gateway.port())) {
            WebSocketWire from = accepted(wire, "");
            assertThat(new WebSocketWire(wire, true).read().code()).isEqualTo(1001);
            assertThat(from.read().code()).isEqualTo(1001);
            wire.awaitClosed();
            await().until(() -> gateway.inFlight() == 0);
        }
    }

    @Test
    void anEngineWhoseHandshakeDripsIsTooLate() {
        RunningGateway gateway = gateways.with("warmlane.upstream.response-timeout=1s");
        try (Wire wire = Wire.to(gateway.port())) {
            wire.send(WebSocketWire.request("/v1/realtime", ""));
            engine.next().drip("HTTP/1.1 101 Switching Protocols\r\nx: ");
            assertThat(wire.readMessage().status()).isEqualTo(504);
        }
    }

    @Test
    void aKeyLetsInAndItsTokensAreCounted() throws IOException {
        Path keys = Files.writeString(
                directory.resolve("limited-keys.yaml"),
                HashedKeys.file(List.of(
                        HashedKeys.entry("all", "sesame", "tokens-per-minute: 80"),
                        HashedKeys.entry("one", "barley", "models: [other]"))));
        RunningGateway gateway =
                lockedGateways.with("warmlane.endpoints=" + engine.uri(), "warmlane.auth.keys-file=" + keys);
        assertThat(status(gateway, "")).isEqualTo(401);
        assertThat(status(gateway, "Authorization: Bearer barley\r\n")).isEqualTo(403);
        try (Wire wire = Wire.to(gateway.port())) {
            WebSocketWire from = accepted(wire, "Authorization: Bearer sesame\r\n");
            WebSocketWire client = new WebSocketWire(wire, true);
            // So many that none is left for minutes.
            for (int i = 0; i < 20; i++) {
                from.send(WebSocketWire.TEXT, DONE);
                assertThat(client.read().text()).isEqualTo(DONE);
            }
            client.sendClose(1000, "");
            from.wire().awaitClosed();
        }
        await().until(() -> gateway.bean(MeterRegistry.class)
                        .find(RequestMeter.CLIENT_TOKENS.meterName())
                        .counter()
                != null);
        String rest = "POST /v1/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer sesame\r\n"
                + "Content-Length: 29\r\n\r\n{\"prompt\":\"a\",\"max_tokens\":1}";
        assertThat(Wire.statusOf(gateway.port(), rest)).isEqualTo(429);
    }

    @Test
    void tenantsAreNotMixed() throws IOException {
        String[] tenancy = HashedKeys.settings(directory, HashedKeys.entry("all", "sesame", ""));
        RunningGateway gateway = lockedGateways.with(tenancy[0], tenancy[1], "warmlane.endpoints=" + engine.uri());
        assertThat(status(gateway, "Authorization: Bearer sesame\r\n")).isEqualTo(403);
    }

    private static int status(RunningGateway gateway, String headers) {
        return Wire.statusOf(gateway.port(), WebSocketWire.request("/v1/realtime", headers));
    }

    /** The engine's end of a WebSocket that the client has, too. */
    private WebSocketWire accepted(Wire client, String headers) {
        client.send(WebSocketWire.request("/v1/realtime", headers));
        WebSocketWire from = WebSocketWire.accept(engine.next(), "");
        assertThat(client.readHead().status()).isEqualTo(101);
        return from;
    }
}
