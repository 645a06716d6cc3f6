package dev.warmlane.tools.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

class SimulatedEngineTest {
    /** 100 ns a step, 1 ns a prompt token. */
    private static final EngineModel MODEL = new EngineModel(100, 1, 0, 0, 0, 64, 8);

    private static EngineTestDriver driver(int blockSize, int blocks) {
        return new EngineTestDriver(MODEL, new CacheConfig(blockSize, blocks, true));
    }

    @Test
    void answersTokenByTokenAndThenEnds() {
        EngineTestDriver driver = driver(4, 100);
        driver.run(1, 10, 3, 0);
        assertThat(driver.events)
                .containsExactly("token 1 at 110", "token 2 at 210", "token 3 at 310", "length at 310");
    }

    @Test
    void computesALongPromptInSteps() {
        EngineTestDriver driver = driver(4, 100);
        driver.run(1, 150, 1, 0);
        assertThat(driver.events).containsExactly("token 1 at " + (164 + 164 + 122), "length at 450");
    }

    @Test
    void aStepCostsWhatTheModelSays() {
        EngineModel model = new EngineModel(7e6, 45e3, 1.2, 10e3, 52, 8192, 256);
        EngineTestDriver driver = new EngineTestDriver(model, new CacheConfig(512, 100, true));
        driver.submit(1, 1000, 2, 0);
        driver.step();
        long prefill = 7_000_000 + 45_000 * 1000 + Math.round(1.2 * 1000 * 500);
        assertThat(driver.nowNanos).isEqualTo(prefill);
        driver.step();
        assertThat(driver.nowNanos - prefill).isEqualTo(7_000_000 + 10_000 + 52 * 1000);
    }

    @Test
    void blocksForAnotherEngineStayUntilTheyAreReleased() {
        EngineTestDriver driver = driver(4, 100);
        EngineSequence prompt = driver.engine.submit(
                new EngineRequest(10, 1, new long[] {1, 2}, FinishReason.LENGTH, driver)
                        .with(EngineRequest.Transfer.KEPT),
                0);
        driver.runToEnd();
        assertThat(driver.events).containsExactly("token 1 at 110", "length at 110");
        assertThat(driver.engine.stats().kvCacheUsage()).isEqualTo(0.03, within(1e-9));
        assertThat(driver.engine.stats().running()).isZero();
        driver.engine.release(prompt, 200);
        driver.engine.release(prompt, 300);
        assertThat(driver.engine.stats().kvCacheUsage()).isZero();
    }

    @Test
    void whatIsFetchedComputesOneTokenAndIsFoundByOthers() {
        EngineTestDriver driver = driver(4, 100);
        driver.engine.submit(fetching(10, tokens -> 1000 + tokens, driver), 0);
        driver.runToEnd();
        // 10 tokens to fetch, then a step with the last one of the prompt.
        assertThat(driver.events).containsExactly("token 1 at 1111", "token 2 at 1211", "length at 1211");
        assertThat(driver.engine
                        .submit(fetching(10, tokens -> tokens, driver), 2000)
                        .cachedTokens())
                .isEqualTo(8);
        driver.runToEnd();
        assertThat(driver.events).endsWith("token 1 at 2103", "token 2 at 2203", "length at 2203");
        assertThat(driver.engine.stats().kvCacheUsage()).isZero();
    }

    @Test
    void othersComeBeforeWhatIsBeingFetched() {
        EngineTestDriver driver = driver(4, 100);
        EngineSequence fetching = driver.engine.submit(fetching(10, tokens -> 1000, driver), 0);
        driver.submit(7, 10, 1, 0);
        driver.step();
        assertThat(driver.events).containsExactly("token 1 at 110", "length at 110");
        driver.engine.cancel(fetching, 120);
        assertThat(driver.engine.stats().kvCacheUsage()).isZero();
    }

    private static EngineRequest fetching(int tokens, LongUnaryOperator fetch, EngineTestDriver driver) {
        return new EngineRequest(tokens, 2, new long[] {1, 2}, FinishReason.LENGTH, driver)
                .with(new EngineRequest.Transfer(fetch));
    }

    @Test
    void anEmbeddingEndsWithItsPrompt() {
        EngineTestDriver driver = driver(4, 100);
        driver.run(1, 10, 0, 0);
        assertThat(driver.events).containsExactly("length at 110");
        assertThat(driver.engine.stats().generationTokens()).isZero();
        assertThat(driver.engine.stats().promptTokens()).isEqualTo(10);
    }

    @Test
    void findsTheBlocksOfAnEarlierPrompt() {
        EngineTestDriver driver = driver(4, 100);
        driver.run(1, 10, 1, 2);
        EngineSequence second = driver.run(1, 14, 1, 3);
        assertThat(second.cachedTokens()).isEqualTo(8);
        assertThat(driver.engine.stats().queriedTokens()).isEqualTo(24);
        assertThat(driver.engine.stats().hitTokens()).isEqualTo(8);
    }

    @Test
    void aPromptOfWholeBlocksLeavesItsLastOneToCompute() {
        EngineTestDriver driver = driver(4, 100);
        driver.run(1, 12, 1, 3);
        assertThat(driver.run(1, 12, 1, 3).cachedTokens()).isEqualTo(8);
    }

    @Test
    void generatedTokensExtendTheChain() {
        EngineTestDriver driver = driver(4, 100);
        driver.run(1, 8, 9, 4);
        assertThat(driver.run(1, 30, 1, 7).cachedTokens()).isEqualTo(16);
    }

    @Test
    void anotherPromptDoesNotFindBlocksWithoutHash() {
        EngineTestDriver driver = driver(4, 100);
        driver.run(1, 20, 1, 2);
        assertThat(driver.run(1, 20, 1, 2).cachedTokens()).isEqualTo(8);
    }

    @Test
    void findsNothingWithoutPrefixCaching() {
        EngineTestDriver driver = new EngineTestDriver(MODEL, new CacheConfig(4, 100, false));
        driver.run(1, 20, 1, 5);
        assertThat(driver.run(1, 20, 1, 5).cachedTokens()).isZero();
        assertThat(driver.engine.stats().queriedTokens()).isZero();
    }

    @Test
    void blocksAreFoundWhileTheirPromptIsStillBeingComputed() {
        EngineTestDriver driver = driver(4, 100);
        driver.submit(1, 200, 1, 50);
        driver.step();
        EngineSequence second = driver.submit(1, 100, 1, 25);
        driver.runToEnd();
        // Waits for room in a step; by then the first prompt has published every block that the second can hit.
        assertThat(second.cachedTokens()).isEqualTo(96);
    }

    @Test
    void evictsTheTailOfTheLeastRecentlyUsedPromptFirst() {
        EngineTestDriver driver = driver(4, 10);
        driver.run(1, 17, 1, 4);
        driver.run(2, 17, 1, 4);
        driver.run(3, 9, 1, 2);
        assertThat(driver.run(1, 17, 1, 4).cachedTokens()).isEqualTo(8);
    }

    @Test
    void theQueueWaitsBehindItsHead() {
        EngineTestDriver driver = driver(4, 10);
        driver.submit(1, 16, 8, 0);
        EngineSequence big = driver.submit(2, 30, 1, 0);
        EngineSequence small = driver.submit(3, 4, 1, 0);
        driver.step();
        assertThat(driver.engine.stats().running()).isEqualTo(1);
        assertThat(driver.engine.stats().waiting()).isEqualTo(2);
        driver.runToEnd();
        assertThat(big.admittedNanos()).isLessThanOrEqualTo(small.admittedNanos());
    }

    @Test
    void preemptsTheNewestWhenBlocksRunOutAndFinishesEveryRequest() {
        EngineTestDriver driver = driver(4, 10);
        EngineSequence older = driver.submit(1, 16, 20, 0);
        EngineSequence newer = driver.submit(2, 12, 20, 0);
        driver.runToEnd();
        assertThat(driver.engine.stats().preemptions()).isPositive();
        assertThat(older.generatedTokens()).isEqualTo(20);
        assertThat(newer.generatedTokens()).isEqualTo(20);
        assertThat(driver.engine.stats().queriedTokens())
                .as("a second admission is no second query")
                .isEqualTo(28);
        assertThat(driver.engine.stats().kvCacheUsage()).isZero();
    }

    @Test
    void admissionLeavesOneBlockInAHundredFree() {
        EngineTestDriver driver = driver(1, 200);
        driver.submit(1, 100, 2, 0);
        driver.submit(2, 97, 2, 0);
        driver.submit(3, 1, 1, 0);
        while (driver.engine.stats().running() < 2) {
            driver.step();
        }
        assertThat(driver.engine.stats().kvCacheUsage()).isLessThanOrEqualTo(0.99);
        driver.runToEnd();
    }

    @Test
    void usageCountsBlocksOfRunningRequestsOnly() {
        EngineTestDriver driver = driver(4, 100);
        driver.submit(1, 38, 2, 9);
        assertThat(driver.engine.stats().kvCacheUsage()).isCloseTo(0.10, within(1e-9));
        driver.runToEnd();
        assertThat(driver.engine.stats().kvCacheUsage()).isZero();
    }

    @Test
    void cancellingARunningRequestReleasesItsBlocks() {
        EngineTestDriver driver = driver(4, 100);
        EngineSequence sequence = driver.submit(1, 10, 100, 0);
        driver.step();
        driver.step();
        assertThat(driver.engine.cancel(sequence, driver.nowNanos)).isTrue();
        assertThat(driver.engine.cancel(sequence, driver.nowNanos)).isFalse();
        driver.runToEnd();
        assertThat(driver.events).containsExactly("token 1 at 110", "token 2 at 210", "abort at 210");
        assertThat(driver.engine.stats().kvCacheUsage()).isZero();
        assertThat(driver.engine.stats().finished(FinishReason.ABORT)).isEqualTo(1);
    }

    @Test
    void cancellingAWaitingRequestTakesItOutOfTheQueue() {
        EngineTestDriver driver = driver(4, 10);
        driver.submit(1, 30, 2, 0);
        EngineSequence waiting = driver.submit(2, 30, 2, 0);
        driver.engine.cancel(waiting, driver.nowNanos);
        assertThat(driver.engine.stats().waiting()).isZero();
        driver.runToEnd();
        assertThat(waiting.generatedTokens()).isZero();
    }

    @Test
    void aListenerMaySubmitTheNextTurnAndCancelOthers() {
        SimulatedEngine engine = new SimulatedEngine(MODEL, new CacheConfig(4, 100, true));
        Deque<EngineSequence> victims = new ArrayDeque<>();
        List<Integer> cached = new ArrayList<>();
        EngineRequest.Listener chaining = new EngineRequest.Listener() {
            @Override
            public void finished(EngineSequence sequence, FinishReason reason, long now) {
                cached.add(sequence.cachedTokens());
                if (cached.size() < 3) {
                    victims.forEach(victim -> engine.cancel(victim, now));
                    engine.submit(new EngineRequest(9, 1, new long[] {1, 2}, FinishReason.STOP, this), now);
                }
            }
        };
        engine.submit(new EngineRequest(9, 1, new long[] {1, 2}, FinishReason.STOP, chaining), 0);
        victims.add(engine.submit(
                new EngineRequest(9, 50, new long[0], FinishReason.STOP, EngineRequest.Listener.NONE), 0));
        engine.advance(100_000);
        assertThat(cached).containsExactly(0, 8, 8);
        assertThat(engine.stats().running()).isZero();
        assertThat(engine.nextStepEnd()).isEqualTo(SimulatedEngine.IDLE);
    }

    @Test
    void aSlowedEngineTakesTheFactorLonger() {
        EngineTestDriver driver = driver(4, 100);
        driver.engine.slowDown(10);
        driver.run(1, 10, 1, 0);
        assertThat(driver.nowNanos).isEqualTo(1100);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> driver.engine.slowDown(0))
                .withMessage("slowdown: 0.0 (expected: > 0)");
    }

    @Test
    void refusesWhatNeverFits() {
        EngineTestDriver driver = driver(4, 10);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> driver.submit(1, 30, 11, 0))
                .withMessage("prompt and output: 41 tokens (expected: <= 40, the cache)");
    }
}
