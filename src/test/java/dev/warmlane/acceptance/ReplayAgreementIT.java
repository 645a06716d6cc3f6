package dev.warmlane.acceptance;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.routing.policy.Policies;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.ChatClient.Conversation;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.TenantConversations;
import dev.warmlane.settings.PolicyFiles;
import dev.warmlane.tools.replay.Replay;
import dev.warmlane.tools.replay.ReplaySettings;
import dev.warmlane.tools.replay.Scenario;
import dev.warmlane.tools.replay.load.AccessLogTrace;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.engine.EngineModel;
import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import dev.warmlane.tools.simulator.engine.EngineStats;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What {@code replay} says of policies is what they do over HTTP: one load, once in virtual time and once in real time, on the
 * same engines with the same caches.
 */
class ReplayAgreementIT {
    private static final int ENDPOINTS = 4;
    /** Enough for a fair share of the tenants, too little for all of them. */
    private static final int CACHE_TOKENS = 400 * Load.BLOCK_SIZE_TOKENS;

    /** A cache of large blocks evicts in other portions than one of small blocks: that moves a hit ratio by 0.01 to 0.02. */
    private static final double TOLERANCE = 0.05;

    /** Ports, so hashed places, differ from run to run: of 40 random choices the replay's ratio was between 0.675 and 0.714. */
    private static final double TOLERANCE_OF_HASHED = 0.09;

    private static final Load LOAD = TenantConversations.load();
    private static final Map<String, Run> RUNS = new HashMap<>();

    @TempDir
    private static Path directory;

    /** What came of the load over HTTP; the log is whole once the gateway is closed. */
    private record Run(double hitRatio, Path accessLog) {}

    @Test
    void policiesHitTheCacheOverHttpAsOftenAsInReplayAndInTheSameOrder() throws Exception {
        List<String> bestFirst = List.of("expected-cost", "consistent-hash", "round-robin");
        Map<String, Double> replayed = new LinkedHashMap<>();
        Map<String, Double> measured = new LinkedHashMap<>();
        for (String policy : bestFirst) {
            replayed.put(policy, replay(LOAD, policy));
            measured.put(policy, overHttp(policy).hitRatio());
        }

        String both = "replayed %s, measured %s".formatted(replayed, measured);
        assertThat(bestFirst)
                .as(both)
                .allSatisfy(policy ->
                        assertThat(measured.get(policy)).as(policy).isCloseTo(replayed.get(policy), tolerance(policy)));
        for (int i = 1; i < bestFirst.size(); i++) {
            String better = bestFirst.get(i - 1);
            String worse = bestFirst.get(i);
            assertThat(replayed.get(better) - replayed.get(worse)).as(both).isGreaterThan(TOLERANCE);
            assertThat(measured.get(better)).as(both).isGreaterThan(measured.get(worse));
        }
    }

    /** Consistent hashing reads no prompt of a request that has a session; the log tells it all the same. */
    @ParameterizedTest
    @ValueSource(strings = {"expected-cost", "consistent-hash"})
    void anAccessLogReplaysToTheHitRatioThatWasMeasured(String policy) throws Exception {
        Run run = overHttp(policy);
        Load logged = new AccessLogTrace(run.accessLog(), null).read();

        assertThat(logged.size()).isEqualTo(LOAD.size());
        assertThat(logged.arrivals().stream().mapToInt(LoadRequest::session).distinct())
                .hasSameSizeAs(LOAD.arrivals());
        assertThat(replay(logged, policy)).isCloseTo(run.hitRatio(), tolerance(policy));
    }

    private static Offset<Double> tolerance(String policy) {
        return within(policy.equals("consistent-hash") ? TOLERANCE_OF_HASHED : TOLERANCE);
    }

    private static double replay(Load load, String policy) {
        ReplaySettings settings = new ReplaySettings(
                ENDPOINTS,
                CACHE_TOKENS,
                EngineModel.DEMO,
                AdapterConfig.NONE,
                KeySource.SESSION,
                1,
                Scenario.of(),
                1,
                null);
        return new Replay(
                        load,
                        settings,
                        clock -> Policies.load().create(PolicyFiles.read(policy, Map.of())),
                        share -> {})
                .run()
                .hitRatio();
    }

    /** In real time, so only once for each policy. */
    private static Run overHttp(String policy) throws Exception {
        Run run = RUNS.get(policy);
        if (run == null) {
            run = runOverHttp(policy, directory.resolve(policy + ".log"));
            RUNS.put(policy, run);
        }
        return run;
    }

    private static Run runOverHttp(String policy, Path accessLog) throws Exception {
        ServerOptions server = ServerOptions.DEFAULTS
                .withCache(CacheConfig.ofTokens(16, CACHE_TOKENS))
                .withOutputTokens(TenantConversations.ANSWER_TOKENS);
        FleetOptions options = FleetOptions.demo(0, ENDPOINTS).withServer(server);
        ExecutorService threads = Executors.newCachedThreadPool();
        try (SimulatedFleet fleet = SimulatedFleet.start(options);
                RunningGateway gateway = RunningGateway.inFrontOf(
                        fleet, "warmlane.routing.policy=" + policy, "warmlane.access-log.target=" + accessLog)) {
            ChatClient client = new ChatClient();
            CompletableFuture<?>[] sessions = LOAD.arrivals().stream()
                    .map(first -> talk(conversation(client, gateway, first.session()), first, 0, threads))
                    .toArray(CompletableFuture<?>[]::new);
            CompletableFuture.allOf(sessions).get(2, TimeUnit.MINUTES);
            return new Run(hitRatio(fleet), accessLog);
        } finally {
            threads.shutdownNow();
        }
    }

    private static Conversation conversation(ChatClient client, RunningGateway gateway, int session) {
        return client
        .new Conversation(
                gateway.uri("/v1/chat/completions"),
                TenantConversations.system(session),
                Map.of("x-session-id", "session-" + session));
    }

    /** Sends this request when it is due, and those that follow upon its response. */
    private static CompletableFuture<Void> talk(
            Conversation conversation, LoadRequest request, int turn, Executor threads) {
        Executor due = CompletableFuture.delayedExecutor(request.delayNanos(), NANOSECONDS, threads);
        CompletableFuture<Void> answered = CompletableFuture.runAsync(() -> ask(conversation, request, turn), due);
        LoadRequest next = request.next();
        return next == null ? answered : answered.thenCompose(done -> talk(conversation, next, turn + 1, threads));
    }

    private static void ask(Conversation conversation, LoadRequest request, int turn) {
        HttpResponse<String> response = conversation.say(TenantConversations.question(request.session(), turn));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(ChatClient.json(response).at("/usage/prompt_tokens").asInt()).isEqualTo(request.promptTokens());
        assertThat(ChatClient.json(response).at("/usage/completion_tokens").asInt())
                .isEqualTo(request.outputTokens());
    }

    private static double hitRatio(SimulatedFleet fleet) {
        List<EngineStats> engines =
                fleet.servers().stream().map(server -> server.engineStats()).toList();
        long hitTokens = engines.stream().mapToLong(EngineStats::hitTokens).sum();
        long queriedTokens =
                engines.stream().mapToLong(EngineStats::queriedTokens).sum();
        return (double) hitTokens / queriedTokens;
    }
}
