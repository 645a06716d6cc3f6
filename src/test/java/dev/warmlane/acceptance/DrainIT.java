package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.harness.ChildProcess;
import dev.warmlane.harness.GatewayProcess;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.Http2Wire;
import dev.warmlane.harness.Http2Wire.Frame;
import dev.warmlane.harness.WebSocketWire;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that is told to end, while a test holds its responses back: to clients of HTTP/1.1, of HTTP/2 and of WebSockets at once. */
@Tag("processes")
class DrainIT {
    private static final String EVENTS = "200 OK\r\nContent-Type: text/event-stream";
    private static final String CHAT = request("POST /v1/chat/completions", "{\"messages\":[]}");

    @TempDir
    private Path directory;

    private final HandDrivenEngine engine = HandDrivenEngine.start();
    private GatewayProcess gateway;

    @BeforeEach
    void forget() {
        gateway = null;
    }

    @AfterEach
    void stop() {
        if (gateway != null) {
            gateway.close();
        }
        engine.close();
    }

    @Test
    void acceptsWhileLoadBalancersLearnThenFinishesWhatRuns() {
        start("warmlane.drain.accept=6s", "warmlane.drain.timeout=2m", "warmlane.drain.first-request=2m");
        try (Wire streaming = Wire.to(gateway.port());
                Wire idle = Wire.to(gateway.port());
                Wire waiting = Wire.to(gateway.port());
                Http2Wire busyOfHttp2 = Http2Wire.to(gateway.port());
                Http2Wire idleOfHttp2 = Http2Wire.to(gateway.port())) {
            streaming.send(CHAT);
            Exchange stream = engine.next();
            stream.begin(EVENTS);
            stream.wire().sendChunk("data: 1\n\n");
            assertThat(streaming.readHead().header("connection")).isNull();
            idle.send(request("GET /v1/models", ""));
            assertThat(idle.readMessage().status()).isEqualTo(200);
            waiting.send(CHAT);
            Exchange late = engine.next();
            idleOfHttp2.get(1, "/v1/models");
            assertThat(idleOfHttp2.status(1)).isEqualTo(200);
            busyOfHttp2.post(1, "/v1/chat/completions", "{\"messages\":[]}");
            Exchange lateOfHttp2 = engine.next();

            gateway.terminate();
            gateway.awaitOutput("draining: not ready any more, 3 requests running");
            assertThat(gateway.readiness()).isEqualTo(503);
            acceptsForTheLastTime();
            acceptsForTheLastTimeOverHttp2(busyOfHttp2);
            String models = request("GET /v1/models", "");
            Wire half = Wire.to(gateway.port());
            half.send(models.substring(0, 9));
            Wire quiet = Wire.to(gateway.port());

            gateway.awaitOutput("draining: port closed, 3 requests running");
            servesWhatHasBegunToCome(half, models.substring(9));
            idle.awaitClosed();
            idleOfHttp2.awaitClosed();
            servesWhatHasBegunToCome(quiet, models);
            assertThatThrownBy(() -> Wire.to(gateway.port())).isInstanceOf(UncheckedIOException.class);
            assertThat(gateway.readiness()).as("the management port stays").isEqualTo(503);

            late.answer("200 OK\r\nContent-Type: application/json", "{}");
            WireMessage whole = waiting.readMessage();
            assertThat(whole.status()).isEqualTo(200);
            assertThat(whole.header("connection")).isEqualTo("close");
            waiting.awaitClosed();

            stream.wire().sendChunk("data: [DONE]\n\n");
            stream.wire().sendLastChunk();
            assertThat(readToEnd(streaming)).isEqualTo("data: 1\n\ndata: [DONE]\n\n");
            streaming.awaitClosed();

            finishesOverHttp2(busyOfHttp2, lateOfHttp2);
        }
        assertThat(gateway.awaitExit()).as(gateway::output).isZero();
        assertThat(gateway.output()).contains("drained: every request has been answered");
    }

    private static void servesWhatHasBegunToCome(Wire half, String rest) {
        try (half) {
            half.send(rest);
            WireMessage answer = half.readMessage();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("connection")).isEqualTo("close");
            half.awaitClosed();
        }
    }

    private void acceptsForTheLastTime() {
        try (Wire accepted = Wire.to(gateway.port())) {
            accepted.send(request("GET /v1/models", ""));
            WireMessage answer = accepted.readMessage();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("connection")).isEqualTo("close");
            accepted.awaitClosed();
        }
    }

    private void acceptsForTheLastTimeOverHttp2(Http2Wire busy) {
        assertThat(busy.await(Http2Wire.GOAWAY).lastStream())
                .as("what is on its way is served")
                .isEqualTo(Integer.MAX_VALUE);
        busy.get(3, "/v1/models");
        assertThat(busy.status(3)).isEqualTo(200);
        try (Http2Wire late = Http2Wire.to(gateway.port())) {
            late.send(Http2Wire.PING, 0, 0, new byte[8]);
            assertThat(late.await(frame -> frame.type() == Http2Wire.PING || frame.type() == Http2Wire.GOAWAY)
                            .type())
                    .as("it may begin a stream")
                    .isEqualTo(Http2Wire.PING);
            late.get(1, "/v1/models");
            late.await(Http2Wire.GOAWAY);
            assertThat(late.status(1)).isEqualTo(200);
        }
    }

    private static void finishesOverHttp2(Http2Wire busy, Exchange waiting) {
        assertThat(busy.await(Http2Wire.GOAWAY).lastStream()).isEqualTo(3);
        busy.post(5, "/v1/chat/completions", "{\"messages\":[]}");
        assertThat(busy.await(Http2Wire.RST_STREAM).error())
                .as("REFUSED_STREAM, and what runs goes on")
                .isEqualTo(7);
        waiting.answer("200 OK\r\nContent-Type: application/json", "{}");
        // What has come of the refused one's body may be refused once more.
        Frame head = busy.await(frame -> frame.type() == Http2Wire.HEADERS);
        assertThat(head.stream()).isEqualTo(1);
        assertThat(busy.decode(head).status()).hasToString("200");
        busy.awaitClosed();
    }

    @Test
    void endsWhatOutlastsTheTimeoutAndSaysWhy() {
        start("warmlane.drain.accept=0s", "warmlane.drain.timeout=500ms");
        try (Wire streaming = Wire.to(gateway.port());
                Wire waiting = Wire.to(gateway.port());
                Wire webSocket = Wire.to(gateway.port());
                Http2Wire ofHttp2 = Http2Wire.to(gateway.port())) {
            streaming.send(CHAT);
            engine.next().begin(EVENTS);
            streaming.readHead();
            waiting.send(CHAT);
            engine.next();
            webSocket.send(WebSocketWire.request("/v1/realtime", ""));
            WebSocketWire.accept(engine.next(), "");
            assertThat(webSocket.readHead().status()).isEqualTo(101);
            ofHttp2.post(1, "/v1/chat/completions", "{\"messages\":[]}");
            engine.next();

            gateway.terminate();

            assertThat(readToEnd(streaming)).contains("data: {\"error\":{").contains("\"code\":\"shutting_down\"");
            WireMessage refused = waiting.readMessage();
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("retry-after-ms")).isEqualTo("1000");
            assertThat(refused.text()).contains("\"code\":\"shutting_down\"");
            assertThat(new WebSocketWire(webSocket, true).read().code()).isEqualTo(1001);
            assertThat(ofHttp2.status(1)).isEqualTo(503);
            streaming.awaitClosed();
            waiting.awaitClosed();
            webSocket.awaitClosed();
            ofHttp2.awaitClosed();
        }
        assertThat(gateway.awaitExit()).as(gateway::output).isEqualTo(143);
        assertThat(gateway.output()).contains("drained: 4 requests outlasted the timeout and had to end");
        assertThat(engine.requests()).as("nothing is tried again elsewhere").isZero();
    }

    @Test
    void aStartThatWaitsWithoutEndEndsWhenToldTo() throws Exception {
        Path pipe = directory.resolve("keys.yaml");
        assertThat(ChildProcess.run(new ProcessBuilder("mkfifo", pipe.toString()))
                        .exitCode())
                .isZero();
        gateway = GatewayProcess.start(
                directory, "warmlane.endpoints=" + engine.uri(), "warmlane.auth.keys-file=" + pipe);
        CompletableFuture<OutputStream> opened = CompletableFuture.supplyAsync(() -> write(pipe));
        // Opens once the gateway reads, which then waits for keys that do not come.
        try (OutputStream keys = opened.get(2, TimeUnit.MINUTES)) {
            gateway.terminate();
            assertThat(gateway.awaitExit()).as(gateway::output).isEqualTo(143);
        }
    }

    private static OutputStream write(Path path) {
        try {
            return Files.newOutputStream(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void start(String... drain) {
        String[] settings = Arrays.copyOf(drain, drain.length + 2);
        settings[drain.length] = "warmlane.endpoints=" + engine.uri();
        settings[drain.length + 1] = "server.http2.enabled=true";
        gateway = GatewayProcess.start(directory, settings).awaitReady();
    }

    private static String readToEnd(Wire wire) {
        StringBuilder text = new StringBuilder();
        for (String chunk = wire.readChunkText(); !chunk.isEmpty(); chunk = wire.readChunkText()) {
            text.append(chunk);
        }
        return text.toString();
    }

    private static String request(String line, String body) {
        return line + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body;
    }
}
