package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.FleetBehindGateway;
import dev.warmlane.harness.WebSocketClient;
import dev.warmlane.harness.WebSocketWire;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.SimulatedServer;
import java.net.URI;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code /v1/realtime} of simulated servers, through the gateway, for the JDK's WebSocket. */
class WebSocketIT {
    private static final String COMMIT = "{\"type\":\"input_audio_buffer.commit\"}";
    private static final String FINAL = "{\"type\":\"input_audio_buffer.commit\",\"final\":true}";
    private static final String AUDIO = "{\"type\":\"input_audio_buffer.append\",\"audio\":\"%s\"}"
            .formatted(Base64.getEncoder().encodeToString(new byte[3200]));
    private static final String MODEL = "{\"type\":\"session.update\",\"model\":\"Qwen/Qwen3-0.6B\"}";

    private static FleetBehindGateway fleet;

    private final List<WebSocketClient> open = new ArrayList<>();

    @BeforeAll
    static void start() {
        fleet = FleetBehindGateway.start(
                3, "warmlane.limits.websocket-frame=32KB", "warmlane.limits.streams=8", "warmlane.retry.max-retries=2");
        fleet.gateway().ready();
    }

    @AfterAll
    static void stop() {
        fleet.close();
    }

    @AfterEach
    void heal() {
        open.forEach(client -> client.socket().abort());
        fleet.heal();
    }

    @Test
    void transcribesBothWaysUntilTheClientCloses() {
        WebSocketClient client = connect("/v1/realtime", Map.of());
        assertThat(client.next()).contains("session.created");
        client.send(MODEL);
        client.send(COMMIT);
        client.send(AUDIO);
        assertThat(client.next()).contains("transcription.delta");
        client.send(AUDIO);
        assertThat(client.next()).contains("transcription.delta");
        client.send(FINAL);
        assertThat(client.next()).contains("transcription.done", "\"completion_tokens\":2");
        assertThat(fleet.gateway().inFlight()).isEqualTo(1);
        Awaited.result(client.socket().sendClose(WebSocket.NORMAL_CLOSURE, ""));
        assertThat(client.next()).isEqualTo("close 1000 ");
        await().until(() -> fleet.gateway().inFlight() == 0 && busy() == 0);
        assertThat(fleet.servers().stream().mapToLong(s -> s.stats().cancels()).sum())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({"/v1/realtime, true", "/v1/realtime?x-session-id=caller-7, false"})
    void aSessionStaysAtItsEndpoint(String target, boolean byHeader) {
        Map<String, String> headers = byHeader ? Map.of("x-session-id", "caller-7") : Map.of();
        for (int i = 0; i < 6; i++) {
            assertThat(connect(target, headers).next()).contains("session.created");
        }
        assertThat(fleet.servers().stream().map(server -> server.stats().inFlight()))
                .containsExactlyInAnyOrder(6, 0, 0);
    }

    @Test
    void pingsAreTheEnginesToAnswer() {
        WebSocketClient client = connect("/v1/realtime", Map.of());
        assertThat(client.next()).contains("session.created");
        Awaited.result(client.socket().sendPing(ByteBuffer.wrap("are you there".getBytes(StandardCharsets.UTF_8))));
        assertThat(client.next()).isEqualTo("pong are you there");
    }

    @Test
    void anEngineThatIsGoneEndsItWithAnError() {
        WebSocketClient client = connect("/v1/realtime", Map.of());
        assertThat(client.next()).contains("session.created");
        busyServer().stop();
        assertThat(client.next()).startsWith("close 1011");
        await().until(() -> fleet.gateway().inFlight() == 0);
    }

    @Test
    void aClientThatIsGoneEndsItAtTheEngine() {
        try (Wire client = Wire.to(fleet.gateway().port())) {
            client.send(WebSocketWire.request("/v1/realtime", ""));
            assertThat(client.readHead().status()).isEqualTo(101);
            client.reset();
        }
        await().until(() -> fleet.gateway().inFlight() == 0 && busy() == 0);
    }

    @Test
    void anotherEndpointIsTriedUntilOneAccepts() {
        fleet.servers().get(0).faults(Faults.builder().status(503).build());
        fleet.servers()
                .get(1)
                .faults(Faults.builder().refuse(Duration.ofHours(1)).build());
        for (int i = 0; i < 3; i++) {
            WebSocketClient client = connect("/v1/realtime", Map.of("x-session-id", "tries-" + i));
            assertThat(client.next()).contains("session.created");
        }
        assertThat(fleet.servers().get(2).stats().inFlight()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({"401", "403", "404"})
    void whatAnEngineRefusesIsRefused(int status) {
        fleet.faults(Faults.builder().status(status).build());
        assertThat(refusal("/v1/realtime", Map.of())).isEqualTo(status);
        WireMessage refused = Wire.exchange(fleet.gateway().port(), WebSocketWire.request("/v1/realtime", ""));
        assertThat(refused.status()).isEqualTo(status);
        assertThat(refused.text()).contains("Simulated fault.");
        await().until(() -> fleet.gateway().inFlight() == 0);
    }

    @Test
    void aFrameThatIsTooLongClosesIt() {
        try (Wire wire = Wire.to(fleet.gateway().port())) {
            wire.send(WebSocketWire.request("/v1/realtime", ""));
            assertThat(wire.readHead().status()).isEqualTo(101);
            WebSocketWire client = new WebSocketWire(wire, true);
            assertThat(client.read().text()).contains("session.created");
            client.send(WebSocketWire.TEXT, "x".repeat(32_769));
            assertThat(client.read().code()).isEqualTo(1009);
            wire.awaitClosed();
        }
        await().until(() -> fleet.gateway().inFlight() == 0 && busy() == 0);
    }

    @Test
    void countsAmongTheStreamsThatMayBe() {
        for (int i = 0; i < 8; i++) {
            assertThat(connect("/v1/realtime", Map.of()).next()).contains("session.created");
        }
        assertThat(refusal("/v1/realtime", Map.of())).isEqualTo(429);
    }

    @Test
    void aModelThatIsNotServedIsRefused() {
        assertThat(refusal("/v1/realtime?model=nobody", Map.of())).isEqualTo(404);
        assertThat(connect("/v1/realtime?model=Qwen/Qwen3-0.6B", Map.of()).next())
                .contains("session.created");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET /v1/realtime HTTP/1.1 | 426",
                "POST /v1/realtime HTTP/1.1 | 426",
                "GET /v1/realtime HTTP/1.1;Upgrade: websocket;Connection: Upgrade | 426",
                "GET /v1/realtime HTTP/1.1;Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 8 | 426",
                "GET /v1/realtime HTTP/1.1;Upgrade: websocket;Sec-WebSocket-Version: 13 | 426",
                "GET /v1/realtime HTTP/1.1;Upgrade: h2c;Connection: Upgrade;Sec-WebSocket-Version: 13 | 426",
                "GET /v1/realtime HTTP/1.0;Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 13 | 426",
                "GET /v1/realtime HTTP/1.1;Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 13 | 400",
                "GET /v1/realtime HTTP/1.1;Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 13;Sec-WebSocket-Key: x | 400",
                "GET /v1/models HTTP/1.1;Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 13 | 200",
            })
    void onlyARequestForAWebSocketBecomesOne(String head, int status) {
        String request = head.replace(";", "\r\n") + "\r\nHost: g\r\n\r\n";
        WireMessage response = Wire.exchange(fleet.gateway().port(), request);
        assertThat(response.status()).isEqualTo(status);
        if (status == 426) {
            assertThat(response.header("upgrade")).isEqualTo("websocket");
            assertThat(response.header("sec-websocket-version")).isEqualTo("13");
        }
    }

    private WebSocketClient connect(String target, Map<String, String> headers) {
        WebSocketClient client = WebSocketClient.connect(uri(target), headers);
        open.add(client);
        return client;
    }

    private static int refusal(String target, Map<String, String> headers) {
        try {
            WebSocketClient.connect(uri(target), headers).socket().abort();
            return 101;
        } catch (CompletionException e) {
            return ((WebSocketHandshakeException) e.getCause()).getResponse().statusCode();
        }
    }

    private static URI uri(String target) {
        return fleet.gateway().uri(target);
    }

    private static int busy() {
        return fleet.servers().stream()
                .mapToInt(server -> server.stats().inFlight())
                .sum();
    }

    private static SimulatedServer busyServer() {
        return fleet.servers().stream()
                .filter(server -> server.stats().inFlight() > 0)
                .findFirst()
                .orElseThrow();
    }
}
