package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.harness.GatewayProcess;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.Http2Wire;
import dev.warmlane.harness.Http2Wire.Frame;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One gateway that is told to end, while a test holds its responses back. */
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
        start("warmlane.drain.accept=4s", "warmlane.drain.timeout=2m");
        try (Wire streaming = Wire.to(gateway.port());
                Wire idle = Wire.to(gateway.port());
                Wire waiting = Wire.to(gateway.port())) {
            streaming.send(CHAT);
            Exchange stream = engine.next();
            stream.begin(EVENTS);
            stream.wire().sendChunk("data: 1\n\n");
            assertThat(streaming.readHead().header("connection")).isNull();
            idle.send(request("GET /v1/models", ""));
            assertThat(idle.readMessage().status()).isEqualTo(200);
            waiting.send(CHAT);
            Exchange late = engine.next();

            gateway.terminate();
            gateway.awaitOutput("draining: not ready any more, 2 requests running");
            assertThat(gateway.readiness()).isEqualTo(503);

            try (Wire accepted = Wire.to(gateway.port())) {
                accepted.send(request("GET /v1/models", ""));
                WireMessage answer = accepted.readMessage();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.header("connection")).isEqualTo("close");
                accepted.awaitClosed();
            }

            gateway.awaitOutput("draining: port closed, 2 requests running");
            idle.awaitClosed();
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
        }
        assertThat(gateway.awaitExit()).as(gateway::output).isZero();
        assertThat(gateway.output()).contains("drained: every request has been answered");
    }

    @Test
    void endsWhatOutlastsTheTimeoutAndSaysWhy() {
        start("warmlane.drain.accept=0s", "warmlane.drain.timeout=500ms");
        try (Wire streaming = Wire.to(gateway.port());
                Wire waiting = Wire.to(gateway.port())) {
            streaming.send(CHAT);
            engine.next().begin(EVENTS);
            streaming.readHead();
            waiting.send(CHAT);
            engine.next();

            gateway.terminate();

            assertThat(readToEnd(streaming)).contains("data: {\"error\":{").contains("\"code\":\"shutting_down\"");
            WireMessage refused = waiting.readMessage();
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("retry-after-ms")).isEqualTo("1000");
            assertThat(refused.text()).contains("\"code\":\"shutting_down\"");
            streaming.awaitClosed();
            waiting.awaitClosed();
        }
        assertThat(gateway.awaitExit()).as(gateway::output).isEqualTo(143);
        assertThat(gateway.output()).contains("drained: 2 requests outlasted the timeout and had to end");
        assertThat(engine.requests()).as("nothing is tried again elsewhere").isZero();
    }

    @Test
    void sendsClientsOfHttp2AwayAndFinishesTheirStreams() {
        start("warmlane.drain.accept=3s", "warmlane.drain.timeout=2m", "server.http2.enabled=true");
        try (Http2Wire busy = Http2Wire.to(gateway.port());
                Http2Wire idle = Http2Wire.to(gateway.port())) {
            idle.get(1, "/v1/models");
            assertThat(idle.status(1)).isEqualTo(200);
            busy.post(1, "/v1/chat/completions", "{\"messages\":[]}");
            Exchange waiting = engine.next();

            gateway.terminate();
            assertThat(busy.await(Http2Wire.GOAWAY).lastStream())
                    .as("what is on its way is served")
                    .isEqualTo(Integer.MAX_VALUE);
            busy.get(3, "/v1/models");
            assertThat(busy.status(3)).isEqualTo(200);
            try (Http2Wire late = Http2Wire.to(gateway.port())) {
                late.get(1, "/v1/models");
                late.await(Http2Wire.GOAWAY);
                assertThat(late.status(1)).isEqualTo(200);
            }

            gateway.awaitOutput("draining: port closed, 1 request running");
            idle.awaitClosed();
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
        assertThat(gateway.awaitExit()).as(gateway::output).isZero();
    }

    @Test
    void endsStreamsOfHttp2ThatOutlastTheTimeout() {
        start("warmlane.drain.accept=0s", "warmlane.drain.timeout=500ms", "server.http2.enabled=true");
        try (Http2Wire client = Http2Wire.to(gateway.port())) {
            client.post(1, "/v1/chat/completions", "{\"messages\":[]}");
            engine.next();
            gateway.terminate();
            assertThat(client.status(1)).isEqualTo(503);
            client.awaitClosed();
        }
        assertThat(gateway.awaitExit()).as(gateway::output).isEqualTo(143);
    }

    @Test
    void endsAtOnceAtTheSecondSignal() {
        start("warmlane.drain.accept=10m", "warmlane.drain.timeout=10m");
        gateway.terminate();
        gateway.awaitOutput("draining: not ready any more, 0 requests running");
        gateway.terminate();
        assertThat(gateway.awaitExit()).isEqualTo(143);
        assertThat(gateway.output()).contains("SIGTERM: ending at once");
    }

    private void start(String drainAccept, String... more) {
        String[] settings = new String[more.length + 2];
        settings[0] = "warmlane.endpoints=" + engine.uri();
        settings[1] = drainAccept;
        System.arraycopy(more, 0, settings, 2, more.length);
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
