package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.engine.EngineModel;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Clients that leave in the middle of a stream cost nothing afterwards, here or at the engine. */
class ClientAbortIT {
    private static final int ABORTS = 250;

    /** A token each 20 ms, so that fifty streams at a time leave the machine the time to end them. */
    private static final EngineModel UNHURRIED = new EngineModel(20e6, 0, 0, 0, 0, 8192, 256);

    @Test
    void manyAbortsLeaveNothingInFlightAndEveryEngineSeesItsCancels() throws Exception {
        FleetOptions slow = FleetOptions.instant(4);
        slow = slow.withServer(slow.server().withEngine(UNHURRIED).withOutputTokens(10_000));
        try (SimulatedFleet fleet = SimulatedFleet.start(slow);
                RunningGateway gateway = RunningGateway.inFrontOf(fleet)) {
            ExecutorService clients = Executors.newFixedThreadPool(50);
            List<Callable<Void>> aborts = new ArrayList<>();
            for (int i = 0; i < ABORTS; i++) {
                String session = "session-" + i;
                aborts.add(() -> {
                    abortMidStream(gateway.port(), session);
                    return null;
                });
            }
            for (Future<Void> done : clients.invokeAll(aborts)) {
                done.get();
            }
            clients.shutdown();

            await().untilAsserted(() -> {
                assertThat(gateway.inFlight()).isZero();
                assertThat(results(gateway)).isEqualTo(Map.of("cancelled", (double) ABORTS));
                assertThat(fleet.servers().stream()
                                .mapToLong(server -> server.stats().cancels())
                                .sum())
                        .isEqualTo(ABORTS);
                assertThat(fleet.servers()).allSatisfy(server -> {
                    assertThat(server.stats().inFlight()).isZero();
                    assertThat(server.engineStats().running()).isZero();
                });
            });
        }
    }

    private static Map<String, Double> results(RunningGateway gateway) {
        return gateway.bean(MeterRegistry.class).find(RequestMeter.REQUESTS.meterName()).counters().stream()
                .filter(counter -> counter.count() > 0)
                .collect(Collectors.toMap(counter -> counter.getId().getTag("result"), Counter::count));
    }

    /** Reads up to the first generated chunk and closes the connection. */
    private static void abortMidStream(int port, String session) throws Exception {
        String body = ChatClient.body(List.of(Map.of("role", "user", "content", "tell me of " + session)), true);
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
                                    + "x-session-id: " + session + "\r\nContent-Length: " + body.length() + "\r\n\r\n"
                                    + body)
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            StringBuilder read = new StringBuilder();
            byte[] buffer = new byte[4096];
            while (read.indexOf("data: ") < 0) {
                int count = in.read(buffer);
                assertThat(count).as("bytes after: %s", read).isPositive();
                read.append(new String(buffer, 0, count, StandardCharsets.US_ASCII));
                assertThat(read).startsWith("HTTP/1.1 200 OK");
            }
        }
    }
}
