package dev.warmlane.proxy.prewarm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.prefix.LeftPlaces;
import dev.warmlane.core.prefix.PromptBeginning.PrefixCall;
import dev.warmlane.core.prefix.PromptBeginning.Sender;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.SharedPrompts;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy;
import dev.warmlane.core.routing.policy.ShippedCosts;
import dev.warmlane.engines.client.EngineClient.HeaderLimits;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pool.Prewarming;
import dev.warmlane.engines.pool.PoolBuilder;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.proxy.upstream.UpstreamClient;
import dev.warmlane.settings.HealthSettings.PrewarmSettings;
import dev.warmlane.settings.UpstreamSettings;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What an endpoint that is about to end holds is computed by two others. */
class HandOverIT {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int PROMPTS = 6;
    private static final int BLOCKS = 8;
    private static final ServerOptions POD =
            ServerOptions.DEFAULTS.withEngine(EngineModel.INSTANT).withOutputTokens(1);
    private static final Endpoint ENDING =
            Endpoint.ofUri(URI.create("http://127.0.0.1:1")).withState(EndpointState.DRAINING);

    private final SimulatedServer one = SimulatedServer.start(POD);
    private final SimulatedServer two = SimulatedServer.start(POD);
    private final Endpoint first = Endpoint.ofUri(one.uri());
    private final Endpoint second = Endpoint.ofUri(two.uri());
    private final EndpointPool endpoints = new EndpointPool("test");
    private final InFlight inFlight = new InFlight();
    private final SharedPrompts shared = new SharedPrompts(2, 1 << 20, Duration.ofHours(1), System::nanoTime);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final LeftPlaces places = new LeftPlaces(System::nanoTime);
    private final Scheduler worker = Schedulers.newSingle("test");
    private final UpstreamClient client = new UpstreamClient(
            new UpstreamSettings(LONG, LONG, LONG, LONG, 10, LONG, "", LONG, LONG, List.of()), HeaderLimits.DEFAULT);
    private Pool pool;

    @AfterEach
    void stop() {
        worker.dispose();
        client.close();
        one.close();
        two.close();
    }

    /** A pool whose ending endpoint is predicted to hold all prompts. */
    private HandOver handOver(Duration maxDuration, long maxTokens) {
        endpoints.replace(List.of(ENDING, first, second));
        PrewarmSettings settings = new PrewarmSettings(
                true, 2, DataSize.ofMegabytes(1), Duration.ofHours(1), maxDuration, maxTokens, 2, null);
        Prewarming prewarming = new Prewarming(shared, settings);
        pool = new PoolBuilder(endpoints)
                .policy(new ExpectedCostPolicy(ShippedCosts.PARAMETERS))
                .inFlight(inFlight)
                .prewarming(prewarming)
                .build();
        for (int i = 0; i < PROMPTS; i++) {
            keep(i);
            pool.router().notes().warmed(ENDING.id(), blocks(i));
        }
        return new HandOver(new PrefixCalls.Target(client, pool, prewarming, places, registry), ENDING.id());
    }

    private void keep(int number) {
        String text = ChatClient.text(200, "p" + number + "-");
        byte[] body = ChatClient.body(List.of(Map.of("role", "system", "content", text)), false)
                .getBytes(UTF_8);
        for (int session = 1; session <= 6; session++) {
            Sender sender = new Sender(session + 100L * number, 0);
            if (shared.used(new long[] {number}, new int[] {body.length}, body.length, sender) > 0) {
                shared.keep(number, new PrefixCall("/v1/chat/completions", body, blocks(number)), sender);
            }
        }
    }

    private static PromptBlocks blocks(int number) {
        return PromptBlocks.of(
                LongStream.range(100L * number, 100L * number + BLOCKS).toArray(), 256, BLOCKS * 256L);
    }

    private long requests() {
        return one.stats().requests() + two.stats().requests();
    }

    private double handedOver(String result) {
        return registry.counter("warmlane.prewarm.handovers", "pool", "test", "result", result)
                .count();
    }

    private void assertNothingInFlight() {
        // A request is over once it has told that it is.
        await().untilAsserted(() -> {
            assertThat(inFlight.requests(first.id()) + inFlight.requests(second.id()))
                    .isZero();
            assertThat(inFlight.prefillTokens(first.id()) + inFlight.prefillTokens(second.id()))
                    .isZero();
        });
    }

    @Test
    void othersComputeWhatItHoldsAndArePredictedToHoldIt() {
        handOver(LONG, 100_000).run(worker).block(LONG);
        assertThat(requests()).isEqualTo(PROMPTS);
        assertThat(one.stats().requests()).isBetween(1L, PROMPTS - 1L);
        for (int i = 0; i < PROMPTS; i++) {
            assertThat(pool.router().held(blocks(i), List.of(first, second))).isEqualTo(BLOCKS);
        }
        assertThat(handedOver("done")).isEqualTo(1);
        assertThat(registry.counter("warmlane.prewarm.tokens", "pool", "test").count())
                .isEqualTo(one.engineStats().promptTokens() + two.engineStats().promptTokens());
        assertNothingInFlight();
    }

    @Test
    void itLeavesItsPlaceWithWhatItHeld() {
        var unused = handOver(LONG, 100_000);
        assertThat(places.take(first.id(), isBack -> false))
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.range(0, PROMPTS).boxed().toList());
    }

    @Test
    void whatAnotherHoldsIsNotComputedAgain() {
        HandOver handOver = handOver(LONG, 100_000);
        pool.router().notes().warmed(first.id(), blocks(0));
        pool.router().notes().warmed(second.id(), blocks(0));
        handOver.run(worker).block(LONG);
        assertThat(requests()).isEqualTo(PROMPTS - 1);
    }

    @Test
    void noMoreTokensAreComputedThanItMay() {
        handOver(LONG, 2 * BLOCKS * 256 / 4).run(worker).block(LONG);
        assertThat(requests()).isBetween(1L, 4L);
        assertThat(handedOver("done")).isEqualTo(1);
    }

    @Test
    void anEndpointThatIsPutBackHandsNothingOver() {
        HandOver handOver = handOver(LONG, 100_000);
        endpoints.replace(List.of(ENDING.withState(EndpointState.READY), first, second));
        handOver.run(worker).block(LONG);
        assertThat(requests()).isZero();
        assertThat(handedOver("needed")).isEqualTo(1);
    }

    @Test
    void anEndpointThatLeavesMeanwhileHasHandedOverAllTheSame() {
        HandOver handOver = handOver(LONG, 100_000);
        endpoints.replace(List.of(first, second));
        handOver.run(worker).block(LONG);
        assertThat(requests()).isEqualTo(PROMPTS);
    }

    @Test
    void theLastEndpointHasNobodyToHandOverTo() {
        HandOver handOver = handOver(LONG, 100_000);
        endpoints.replace(List.of(ENDING));
        handOver.run(worker).block(LONG);
        assertThat(requests()).isZero();
    }

    @Test
    void othersAreCountedAsBusyMeanwhileAndFreeWhenItsTimeIsOver() {
        Faults hang = Faults.builder().hang(true).build();
        one.faults(hang);
        two.faults(hang);
        Disposable running =
                handOver(Duration.ofSeconds(2), 100_000).run(worker).subscribe();
        await().until(() -> inFlight.requests(first.id()) + inFlight.requests(second.id()) == 2);
        await().until(running::isDisposed);
        assertNothingInFlight();
        assertThat(handedOver("failed")).isEqualTo(1);
    }

    @Test
    void engineThatFailsEndsIt() {
        one.faults(Faults.builder().status(503).build());
        two.faults(Faults.builder().status(503).build());
        handOver(LONG, 100_000).run(worker).block(LONG);
        assertThat(requests()).isBetween(1L, 2L);
        assertThat(handedOver("failed")).isEqualTo(1);
        assertNothingInFlight();
    }

    @Test
    void promptsThatEnginesRefuseAreForgottenAndThreeEndIt() {
        one.faults(Faults.builder().status(400).build());
        two.faults(Faults.builder().status(400).build());
        handOver(LONG, 100_000).run(worker).block(LONG);
        assertThat(requests()).isBetween(3L, 4L);
        assertThat(shared.best()).hasSizeBetween(PROMPTS - 4, PROMPTS - 3);
        assertThat(handedOver("failed")).isEqualTo(1);
    }
}
