package dev.warmlane.tools.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.warmlane.harness.Awaited;
import dev.warmlane.tools.simulator.Faults.MetricsFault;
import dev.warmlane.tools.simulator.engine.EngineModel;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulatorFaultsIT {
    private static final String PATH = "/v1/completions";
    private static final String BODY = "{\"prompt\":\"hi\",\"max_tokens\":8}";
    private static final String STREAM = "{\"prompt\":\"hi\",\"max_tokens\":8,\"stream\":true}";

    private static final String LONG = "{\"prompt\":\"%s\",\"max_tokens\":8}".formatted("word ".repeat(100));

    private SimulatedServer server;
    private SimulatorClient client;

    @BeforeEach
    void start() {
        server = SimulatedServer.start(ServerOptions.DEFAULTS.withEngine(EngineModel.INSTANT));
        client = new SimulatorClient(server);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void theNextRequestsGetTheStatus() throws Exception {
        server.faults(Faults.builder().status(503).statusCount(2).build());
        assertThat(client.post(PATH, BODY).statusCode()).isEqualTo(503);
        assertThat(client.post(PATH, BODY).statusCode()).isEqualTo(503);
        assertThat(client.post(PATH, BODY).statusCode()).isEqualTo(200);
    }

    @Test
    void aHangEndsWhenTheClientLeaves() {
        server.faults(Faults.builder().hang(true).build());
        var pending = client.http.sendAsync(
                client.request(PATH).POST(BodyPublishers.ofString(BODY)).build(), BodyHandlers.ofString());
        Await.until(() -> server.stats().inFlight() == 1);
        pending.cancel(true);
        Await.until(() -> server.stats().cancels() == 1);
        assertThat(server.stats().inFlight()).isZero();
    }

    @Test
    void latencyKeepsARequestFromTheEngine() throws Exception {
        server.faults(Faults.builder().latency(Duration.ofHours(1)).build());
        var pending = client.http.sendAsync(
                client.request(PATH).POST(BodyPublishers.ofString(BODY)).build(), BodyHandlers.ofString());
        Await.until(() -> server.stats().inFlight() == 1);
        assertThat(server.engineStats().running()).isZero();
        pending.cancel(true);
        Await.until(() -> server.stats().cancels() == 1);
        server.faults(Faults.builder().latency(Duration.ofMillis(1)).build());
        assertThat(client.post(PATH, BODY).statusCode()).isEqualTo(200);
    }

    @Test
    void aStreamIsResetAfterItsChunks() throws Exception {
        server.faults(Faults.builder().resetAfterChunks(2).build());
        HttpResponse<InputStream> response = client.http.send(
                client.request(PATH).POST(BodyPublishers.ofString(STREAM)).build(), BodyHandlers.ofInputStream());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> response.body().readAllBytes());
        Await.until(() -> server.stats().inFlight() == 0);
        assertThat(server.engineStats().running()).isZero();
    }

    @Test
    void refusesConnectionsAndAcceptsThemAgain() throws Exception {
        server.faults(Faults.builder().refuse(Duration.ofHours(1)).build());
        // The JDK closes a listening socket at the next turn of its selector: until then the kernel may still shake
        // hands,
        // and resets what it took.
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> client.post(PATH, BODY));
        assertThat(server.stats().requests()).isZero();
        server.faults(Faults.NONE);
        assertThat(client.post(PATH, BODY).statusCode()).isEqualTo(200);
    }

    @Test
    void abortsWithoutATokenLikeAStoppingVllm() throws Exception {
        server.faults(Faults.builder().zeroTokenAbort(true).build());
        HttpResponse<String> whole = client.post(PATH, BODY);
        assertThat(whole.statusCode()).isEqualTo(200);
        assertThat(whole.body()).contains("\"text\":\"\"").contains("\"finish_reason\":\"abort\"");
        assertThat(client.stream(PATH, STREAM)).hasSize(1).first().asString().contains("\"finish_reason\":\"abort\"");
    }

    @Test
    void metricsCanBeGarbageOrHang() throws Exception {
        server.faults(Faults.builder().metrics(MetricsFault.GARBAGE).build());
        assertThat(client.get("/metrics").body()).contains("NaN");
        server.faults(Faults.builder().metrics(MetricsFault.HANG).build());
        var pending = client.http.sendAsync(client.request("/metrics").build(), BodyHandlers.ofString());
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
        assertThat(pending).isNotDone();
        pending.cancel(true);
    }

    @Test
    void endsAsAVllmDoesThatWasToldTo() throws Exception {
        server.faults(Faults.builder().ending(Duration.ofHours(1)).build());
        HttpResponse<String> refused = client.post(PATH, BODY);
        assertThat(refused.statusCode()).isEqualTo(500);
        assertThat(refused.body()).contains("cannot schedule new futures after shutdown");
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
        server.faults(Faults.builder().ending(Duration.ofMillis(1)).build());
        Await.until(() -> refusesConnections(server));
        server.restart();
        assertThat(new SimulatorClient(server).post(PATH, BODY).statusCode()).isEqualTo(200);
    }

    @Test
    void whatIsUnderWayStandsStillWhileItEnds() {
        try (SimulatedServer slow = SimulatedServer.start(ServerOptions.DEFAULTS)) {
            SimulatorClient waiting = new SimulatorClient(slow);
            var hung = waiting.http.sendAsync(
                    waiting.request(PATH)
                            .POST(BodyPublishers.ofString("{\"prompt\":\"hi\",\"max_tokens\":4000}"))
                            .build(),
                    BodyHandlers.ofString());
            Await.until(() -> slow.engineStats().generationTokens() > 0);
            slow.faults(Faults.builder().ending(Duration.ofMillis(1)).build());
            long generated = slow.engineStats().generationTokens();
            Await.until(() -> refusesConnections(slow));
            assertThat(slow.engineStats().generationTokens()).isEqualTo(generated);
            assertThat(slow.stats().inFlight()).isEqualTo(1);
            assertThat(hung).isNotDone();
        }
    }

    @Test
    void sleepsAsAVllmDoesAndServesWhatWaitedWhenItWakes() throws Exception {
        client.post(PATH, LONG);
        assertThat(client.post("/sleep?level=2", "").body()).isEqualTo("{\"status\":\"sleeping\",\"level\":2}");
        assertThat(client.get("/is_sleeping").body()).isEqualTo("{\"is_sleeping\":true}");
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
        assertThat(client.get("/metrics").body())
                .contains("sleep_state=\"awake\"} 0.0", "sleep_state=\"discard_all\"} 1.0")
                .contains("sleep_state=\"weights_offloaded\"} 0.0");
        var waiting = client.http.sendAsync(
                client.request(PATH).POST(BodyPublishers.ofString(LONG)).build(), BodyHandlers.ofString());
        Await.until(() -> server.engineStats().waiting() + server.engineStats().running() == 1);
        assertThat(waiting).isNotDone();
        assertThat(client.post("/wake_up", "").body()).contains("\"status\":\"awake\"");
        assertThat(Awaited.result(waiting).statusCode()).isEqualTo(200);
        assertThat(server.engineStats().hitTokens()).isZero();
        client.post(PATH, LONG);
        assertThat(server.engineStats().hitTokens()).isPositive();
        assertThat(client.get("/metrics").body()).contains("sleep_state=\"awake\"} 1.0");
        assertThat(client.post("/sleep?level=3", "").statusCode()).isEqualTo(400);
    }

    @Test
    void fallingAsleepAbortsWhatIsUnderWay() throws Exception {
        try (SimulatedServer slow = SimulatedServer.start(ServerOptions.DEFAULTS)) {
            SimulatorClient impatient = new SimulatorClient(slow);
            var aborted = impatient.http.sendAsync(
                    impatient
                            .request(PATH)
                            .POST(BodyPublishers.ofString("{\"prompt\":\"hi\",\"max_tokens\":4000}"))
                            .build(),
                    BodyHandlers.ofString());
            Await.until(() -> slow.engineStats().running() == 1);
            impatient.post("/sleep", "");
            assertThat(Awaited.result(aborted).body()).contains("\"finish_reason\":\"abort\"");
        }
    }

    @Test
    void anUnhealthyServerSaysSo() throws Exception {
        server.faults(Faults.builder().unhealthy(true).build());
        assertThat(client.get("/health").statusCode()).isEqualTo(503);
    }

    @Test
    void faultsComeByTheAdminPathToo() throws Exception {
        HttpResponse<String> set = client.post("/simulator/faults", "{\"status\":500,\"statusCount\":1}");
        assertThat(set.statusCode()).isEqualTo(200);
        assertThat(client.post(PATH, BODY).statusCode()).isEqualTo(500);
        assertThat(client.get("/simulator/state").body())
                .contains("\"requests\":1")
                .contains("\"status\":500");
        assertThat(client.post("/simulator/faults", "{\"status\":200}").body())
                .contains("status: 200 (expected: 400..599, or 0 for none)");
        assertThat(client.post("/simulator/faults", "{\"latency\":1}").body())
                .contains("latency: 1 (expected: one of [latencyMillis,");
        client.post("/simulator/reset", "");
        assertThat(new SimulatorClient(server).get("/simulator/state").body()).contains("\"requests\":0");
    }

    private static boolean refusesConnections(SimulatedServer server) {
        try (Socket connected = new Socket("127.0.0.1", server.port())) {
            return !connected.isConnected();
        } catch (IOException e) {
            return true;
        }
    }
}
