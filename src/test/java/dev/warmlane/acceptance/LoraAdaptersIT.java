package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters that some pods of a pool have and others do not. */
class LoraAdaptersIT {
    private static final String BASE = "Qwen/Qwen3-0.6B";
    private static final String ADAPTER = "support-bot";
    private static final long READING_MILLIS = 200;

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);

    private final ChatClient client = new ChatClient();
    private SimulatedFleet fleet;
    private RunningGateway gateway;

    @BeforeEach
    void start() {
        fleet = SimulatedFleet.start(FleetOptions.instant(2));
        gateway = GATEWAYS.inFrontOf(fleet, "warmlane.scrape.interval=200ms", "warmlane.scrape.models-interval=1s");
    }

    @AfterEach
    void stop() {
        fleet.close();
    }

    @AfterAll
    static void closeGateways() {
        GATEWAYS.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAdapterIsAskedOnlyOfThePodThatHasIt(boolean session) {
        load(1);
        awaitListed(1);
        String pod = name(1);
        for (int i = 0; i < 24; i++) {
            // The session is at home at some pod already, with the base model.
            ask(BASE, session ? "session-" + i : "", 200);
            HttpResponse<String> response = ask(ADAPTER, session ? "session-" + i : "", 200);
            assertThat(response.headers().firstValue("x-warmlane-endpoint")).contains(pod);
        }
    }

    @Test
    void aSessionHasAHomeForEachModel() {
        load(1);
        awaitListed(1);
        Set<String> homes = new HashSet<>();
        for (int turn = 0; turn < 4; turn++) {
            homes.add(endpoint(ask(BASE, "both", 200)));
            HttpResponse<String> adapted = ask(ADAPTER, "both", 200);
            assertThat(endpoint(adapted)).isEqualTo(name(1));
            if (turn > 0) {
                assertThat(adapted.headers().firstValue("x-warmlane-affinity")).contains("session;bound");
            }
        }
        assertThat(homes).hasSize(1);
    }

    @Test
    void anAdapterThatWasJustUnloadedIsFoundWhereItStillIs() {
        load(0);
        load(1);
        awaitListed(2);
        String home = endpoint(ask(ADAPTER, "moving", 200));
        unload(home.equals(name(0)) ? 0 : 1);

        assertThat(endpoint(ask(ADAPTER, "moving", 200))).isNotEqualTo(home);
        awaitListed(1);
    }

    @Test
    void adaptersComeAndGoUnderLoadAndNoRequestIsRefusedWhileAPodHasIt() throws Exception {
        load(0);
        awaitListed(1);
        ExecutorService clients = Executors.newFixedThreadPool(16);
        try {
            for (int change = 0; change < 4; change++) {
                int next = (change + 1) % 2;
                List<Callable<Integer>> requests = IntStream.range(0, 64)
                        .<Callable<Integer>>mapToObj(
                                i -> () -> send(ADAPTER, "session-" + i % 16).statusCode())
                        .toList();
                load(next);
                awaitListed(2);
                for (Future<Integer> status : clients.invokeAll(requests)) {
                    assertThat(status.get()).isEqualTo(200);
                }
                unload(1 - next);
                // At once: the gateway still believes that both have it.
                for (Future<Integer> status : clients.invokeAll(requests)) {
                    assertThat(status.get()).isEqualTo(200);
                }
                awaitListed(1);
            }
        } finally {
            clients.shutdown();
        }
        assertThat(gateway.router().pool().snapshot().healthy())
                .as("nobody is ejected for it")
                .isEqualTo(2);
    }

    /** With the scrape interval that is the default. */
    @Test
    void thirtyTwoClientsGetNo404WhileAdaptersMoveEveryTwoSeconds() throws Exception {
        gateway = GATEWAYS.inFrontOf(fleet);
        load(0);
        awaitListed(1);
        Map<Integer, Integer> statuses = new ConcurrentHashMap<>();
        ScheduledExecutorService clients = Executors.newScheduledThreadPool(32);
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        try {
            for (int i = 0; i < 32; i++) {
                String session = "session-" + i;
                var unused = clients.scheduleWithFixedDelay(
                        () -> statuses.merge(status(session), 1, Integer::sum),
                        0,
                        READING_MILLIS,
                        TimeUnit.MILLISECONDS);
            }
            for (int move = 0; move < 2; move++) {
                int next = (move + 1) % 2;
                clock.schedule(() -> load(next), 0, TimeUnit.SECONDS).get();
                clock.schedule(() -> unload(1 - next), 2, TimeUnit.SECONDS).get();
            }
            clients.shutdown();
            assertThat(clients.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            assertThat(statuses).containsOnlyKeys(200);
        } finally {
            clock.shutdown();
            clients.shutdown();
        }
    }

    @Test
    void aModelThatNobodyHasIs404() {
        assertThat(ask("nobody's", "", 404).body()).contains("Known models: " + BASE);
    }

    @Test
    void enginesThatFindAdaptersThemselvesAreAskedForWhatTheyDoNotList() {
        gateway = GATEWAYS.with(
                "warmlane.pools[0].name=default",
                "warmlane.pools[0].endpoints=" + fleet.uris().get(0),
                "warmlane.pools[0].unknown-models=pass");
        gateway.ready();
        assertThat(ask("resolvable", "", 404).body())
                .contains("The model `resolvable` does not exist.")
                .doesNotContain("Known models");
    }

    private HttpResponse<String> ask(String model, String session, int status) {
        HttpResponse<String> response = send(model, session);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return response;
    }

    /** 0 if there was no response. */
    private int status(String session) {
        try {
            return send(ADAPTER, session).statusCode();
        } catch (UncheckedIOException noResponse) {
            return 0;
        }
    }

    private HttpResponse<String> send(String model, String session) {
        String body = ChatClient.body("hello").replace(BASE, model);
        return client.post(
                gateway.uri("/v1/chat/completions"),
                body,
                session.isEmpty() ? Map.of() : Map.of("x-session-id", session));
    }

    private void load(int pod) {
        change(pod, "load_lora_adapter");
    }

    private void unload(int pod) {
        change(pod, "unload_lora_adapter");
    }

    private void change(int pod, String call) {
        URI uri = fleet.uris().get(pod).resolve("/v1/" + call);
        String body = "{\"lora_name\":\"%s\",\"lora_path\":\"/adapters\"}".formatted(ADAPTER);
        assertThat(client.post(uri, body, Map.of()).statusCode()).isEqualTo(200);
    }

    /** Waits until the gateway knows how many pods have it. */
    private void awaitListed(int pods) {
        await().untilAsserted(() -> {
            ServedModels models = gateway.bean(ServedModels.class);
            assertThat(models.catalog().models("default")).contains(ADAPTER);
            assertThat(models.catalog().lacking("default", ADAPTER)).hasSize(2 - pods);
        });
    }

    private String name(int pod) {
        return fleet.uris().get(pod).getAuthority();
    }

    private static String endpoint(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-endpoint").orElseThrow();
    }
}
