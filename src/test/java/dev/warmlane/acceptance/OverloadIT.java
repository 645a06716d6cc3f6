package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.engine.EngineModel;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sixty-four clients ask four engines that take two requests each. */
class OverloadIT {
    private static final int CLIENTS = 64;
    private static final int TURNS = 4;
    private static final int LIMIT = 2;

    private final ChatClient client = new ChatClient();
    private final AtomicInteger refusals = new AtomicInteger();
    private SimulatedFleet fleet;
    private RunningGateway gateway;

    @BeforeEach
    void startFleet() {
        FleetOptions options = FleetOptions.instant(4);
        fleet = SimulatedFleet.start(
                options.withServer(options.server().withEngine(EngineModel.DEMO).withOutputTokens(4)));
    }

    @AfterEach
    void noEngineHadMoreThanItsLimitAndNothingIsLeft() {
        assertThat(fleet.servers())
                .allSatisfy(server -> assertThat(server.stats().peakInFlight()).isEqualTo(LIMIT));
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        gateway.close();
        fleet.close();
    }

    @Test
    void everyoneIsServedInTurnAndMostOfThemWhereTheirCacheIs() throws Exception {
        start("warmlane.queue.max-wait=60s");
        List<String> affinities = converse();
        assertThat(refusals).hasValue(0);
        assertThat(affinities).hasSize(CLIENTS * TURNS);
        assertThat(affinities.stream().filter("session;moved"::equals).count())
                .as("turns that lost their cache")
                .isLessThan(CLIENTS * TURNS / 4);
    }

    @Test
    void clientsThatComeBackWhenToldAreAllServed() throws Exception {
        // Also what is advised before anything has ended.
        start("warmlane.queue.max-wait=2s", "warmlane.queue.max-entries=8");
        assertThat(converse()).hasSize(CLIENTS * TURNS);
        assertThat(refusals).hasPositiveValue();
    }

    private void start(String... settings) {
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("warmlane.queue.max-requests-per-endpoint=" + LIMIT);
        gateway = RunningGateway.inFrontOf(fleet, all.toArray(new String[0]));
    }

    /** All clients talk at once; what each response said of its affinity. */
    private List<String> converse() throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        List<Callable<List<String>>> conversations = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            String session = "session-" + i;
            conversations.add(() -> {
                List<String> affinities = new ArrayList<>();
                for (int turn = 0; turn < TURNS; turn++) {
                    affinities.add(say(session));
                }
                return affinities;
            });
        }
        List<String> all = new ArrayList<>();
        for (Future<List<String>> conversation : clients.invokeAll(conversations)) {
            all.addAll(conversation.get());
        }
        clients.shutdown();
        return all;
    }

    /** As OpenAI's clients do: after a 429, again when the response says. */
    private String say(String session) {
        while (true) {
            HttpResponse<String> response = client.post(
                    gateway.uri("/v1/chat/completions"),
                    ChatClient.body(ChatClient.text(200, session)),
                    Map.of("x-session-id", session));
            if (response.statusCode() == 200) {
                return response.headers().firstValue("x-warmlane-affinity").orElseThrow();
            }
            assertThat(response.statusCode()).isEqualTo(429);
            refusals.incrementAndGet();
            long millis = response.headers().firstValueAsLong("retry-after-ms").orElseThrow();
            Awaited.result(CompletableFuture.runAsync(
                    () -> {}, CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS)));
        }
    }
}
