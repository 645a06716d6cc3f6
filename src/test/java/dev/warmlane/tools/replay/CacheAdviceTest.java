package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.CacheAdvice;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.prefix.reuse.CacheUseReport;
import dev.warmlane.core.prefix.reuse.LossLadder;
import dev.warmlane.core.prefix.reuse.LossLadder.Cause;
import dev.warmlane.core.prefix.reuse.LossLadder.Step;
import dev.warmlane.core.prefix.reuse.ToldUse;
import dev.warmlane.tools.replay.PolicyMaker.NamedPolicy;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.replay.load.PoissonLoad.SharedPrefixLoad;
import dev.warmlane.tools.replay.load.SessionLoad.ConversationsLoad;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where hits are lost, and what is advised, against what happens. */
class CacheAdviceTest {
    private static final Load SHARED = new SharedPrefixLoad(150, 5, 6000, 1200, 100, 6, 2000, 1).read();

    private CacheUseReport seen;

    @AfterEach
    void stepsSumToThePromptsToTheToken() {
        LossLadder ladder = LossLadder.of(seen);
        long lost = ladder.steps().stream().mapToLong(Step::tokens).sum();
        assertThat(lost + ladder.deliveredTokens()).isEqualTo(ladder.promptTokens());
    }

    private PolicyResult run(Load load, int endpoints, long kvTokens, String policy) {
        Replay replay =
                new Replay(load, ReplaySettings.of(endpoints, kvTokens), NamedPolicy.parse(policy), share -> {});
        PolicyResult result = replay.run();
        seen = replay.cacheUse();
        return result;
    }

    @ParameterizedTest
    @ValueSource(strings = {"shared prefixes", "conversations"})
    void whatIsAdvisedIsWhatHappens(String name) {
        // A third as many conversations at a time as a public trace of them has.
        Load load = name.equals("conversations") ? new ConversationsLoad(1, 1250, 7).read() : SHARED;
        run(load, 8, 400_000, "expected-cost");
        CacheUseReport today = seen;
        CacheAdvice advice = CacheAdvice.of(today, 8, 1);
        assertThat(advice.missing()).isNull();
        assertThat(advice.changes())
                .extracting(CacheAdvice.Change::values)
                .containsExactly(
                        "vllm.replicas: 7",
                        "vllm.replicas: 9",
                        null,
                        "vllm.extraArgs: [--kv-cache-dtype=fp8]",
                        "vllm.extraArgs: [--kv-offloading-size=64], GiB of the node's memory");
        for (int endpoints : new int[] {4, 12, 16}) {
            double truth = run(load, endpoints, 400_000, "expected-cost").hitRatio();
            assertThat(CacheAdvice.change(today, 8, endpoints, 1, 1).hitRatio())
                    .as("%d endpoints", endpoints)
                    .isCloseTo(truth, within(0.02));
        }
        for (double times : new double[] {0.5, 2, 4}) {
            double truth =
                    run(load, 8, Math.round(400_000 * times), "expected-cost").hitRatio();
            assertThat(CacheAdvice.change(today, 8, 8, times, 1).hitRatio())
                    .as("%s times the cache", times)
                    .isCloseTo(truth, within(0.02));
        }
    }

    @Test
    void replicasThatShareKnowWhatOneGatewayWouldKnow() {
        Load load = new ConversationsLoad(1, 1250, 7).read();
        run(load, 8, 400_000, "expected-cost");
        CacheUseReport alone = seen;
        Replay replay = new Replay(
                load,
                ReplaySettings.of(8, 400_000).withScenario(Scenario.of("--gateways=3", "--share-delay-ms=5")),
                NamedPolicy.parse("expected-cost"),
                share -> {});
        replay.run();
        seen = replay.cacheUse();
        assertThat(seen.requests()).isCloseTo(alone.requests(), withinPercentage(1));
        for (double times : new double[] {0.25, 1, 4}) {
            double tokens = times * alone.capacityTokens();
            assertThat(seen.curve().hitRatio(tokens)).isCloseTo(alone.curve().hitRatio(tokens), within(0.01));
            assertThat(seen.splitCurve().hitRatio(tokens))
                    .isCloseTo(alone.splitCurve().hitRatio(tokens), within(0.01));
        }
        assertThat(seen.curve().infiniteHitRatio()).isCloseTo(alone.curve().infiniteHitRatio(), within(0.01));
    }

    @Test
    void routingThatIgnoresCachesSaysNothingOfThem() {
        run(SHARED, 8, 400_000, "random");
        assertThat(CacheAdvice.of(seen, 8, 1).missing())
                .startsWith("routing loses ")
                .endsWith("fix that first");
    }

    @Test
    void cachesThatAreTooSmallAreACapacityLoss() {
        run(SHARED, 4, 100_000, "expected-cost");
        assertThat(LossLadder.of(seen).main()).extracting(Step::cause).isEqualTo(Cause.CAPACITY);
    }

    @Test
    void aPolicyThatSpreadsWhatBelongsTogetherIsARoutingLoss() {
        run(SHARED, 8, 1_600_000, "random");
        assertThat(LossLadder.of(seen).main()).extracting(Step::cause).isEqualTo(Cause.ROUTING);
    }

    @Test
    void aLineThatChangesInFrontOfEachPromptIsNamedByItsBlock() {
        List<LoadRequest> requests = new ArrayList<>();
        for (LoadRequest request : SHARED.arrivals()) {
            long[] hashes = request.blockHashes().clone();
            for (int i = 2; i < hashes.length; i++) {
                hashes[i] = hashes[i] * 31 + requests.size();
            }
            requests.add(new LoadRequest(
                    request.delayNanos(),
                    request.session(),
                    request.promptTokens(),
                    request.outputTokens(),
                    hashes,
                    null));
        }
        run(new Load("changing", requests), 8, 400_000, "expected-cost");
        assertThat(LossLadder.of(seen).main())
                .satisfies(step -> assertThat(step.cause()).isEqualTo(Cause.COMPULSORY))
                .satisfies(step ->
                        assertThat(step.remedy()).startsWith("100 % of prompts").contains("block 3."));
    }

    @Test
    void engineThatDeliversNothingOfWhatItHoldsIsADeliveryLoss() {
        CacheUse use = new CacheUse();
        use.capacity(3_200_000);
        long nanos = 0;
        for (LoadRequest request : SHARED.arrivals()) {
            PromptBlocks prompt = request.prompt();
            ToldUse.Prompt told = ToldUse.Prompt.of(prompt, request.session() + 1, 1, LoadRequest.BYTES_PER_TOKEN);
            nanos = request.delayNanos();
            use.sent(told, prompt, nanos);
            long predicted = nanos > 20_000_000_000L ? 60 : 6000;
            use.completed(
                    new ToldUse.Completed(told, predicted, request.promptTokens(), request.outputTokens(), 0L), nanos);
            use.work();
        }
        seen = use.lastHour(nanos);
        assertThat(LossLadder.of(seen).main())
                .satisfies(step -> assertThat(step.cause()).isEqualTo(Cause.DELIVERY))
                .satisfies(step -> assertThat(step.remedy()).contains("--enable-prefix-caching"));
    }

    @Test
    void tooFewRequestsGiveNoAdvice() {
        run(new SharedPrefixLoad(150, 5, 6000, 1200, 1000, 6, 300, 1).read(), 8, 400_000, "expected-cost");
        CacheAdvice advice = CacheAdvice.of(seen, 8, 1e-5);
        assertThat(advice.changes()).isEmpty();
        assertThat(advice.missing()).contains("advice needs 1,000");
    }
}
