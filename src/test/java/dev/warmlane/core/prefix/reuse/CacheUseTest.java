package dev.warmlane.core.prefix.reuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.LossLadder.Cause;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CacheUseTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int BLOCK_BYTES = 256;
    private static final int BLOCK_TOKENS = 64;
    private static final int A = 11;
    private static final int B = 22;
    private static final int C = 33;

    private final CacheUse use = new CacheUse();
    private final SplittableRandom random = new SplittableRandom(1);
    private long nanos;

    private long[] newBlocks(int count) {
        return random.longs(count).toArray();
    }

    private void serve(long[] blocks, int endpoint) {
        PromptBlocks prompt = PromptBlocks.of(blocks, BLOCK_BYTES, (long) blocks.length * BLOCK_BYTES + 8);
        ToldUse.Prompt told = ToldUse.Prompt.of(prompt, random.nextLong(), endpoint, 4);
        use.sent(told, prompt, nanos);
        use.completed(new ToldUse.Completed(told, 0L, (long) blocks.length * BLOCK_TOKENS + 2, 10, 0L), nanos);
    }

    @Test
    void saysWhichEndpointHoldsWhatNoOtherDoes() {
        use.capacity(1_000_000);
        long[] shared = newBlocks(20);
        serve(shared, A);
        serve(shared, B);
        serve(newBlocks(60), B);
        serve(newBlocks(20), C);
        assertThat(use.heldAlone())
                .hasSize(2)
                .hasEntrySatisfying(B, share -> assertThat(share).isCloseTo(0.6, within(1e-9)))
                .hasEntrySatisfying(C, share -> assertThat(share).isCloseTo(0.2, within(1e-9)));
    }

    @Test
    void whatNoCacheHoldsAnyMoreGoesWithNobody() {
        use.capacity(50 * BLOCK_TOKENS);
        serve(newBlocks(100), A);
        serve(newBlocks(50), B);
        assertThat(use.heldAlone()).isEqualTo(Map.of(B, 1.0));
    }

    @Test
    void trafficWithoutAnythingInCommonHasNothingToWin() {
        use.capacity(1_000_000);
        for (int i = 0; i < 3000; i++) {
            nanos += SECOND;
            serve(newBlocks(30), i % 2 == 0 ? A : B);
            use.work();
        }
        CacheUseReport seen = use.lastDay(nanos);
        assertThat(seen.curve().infiniteHitRatio()).isLessThan(0.001);
        assertThat(LossLadder.of(seen).main()).isNull();
        assertThat(LossLadder.of(seen).step(Cause.COMPULSORY).share()).isGreaterThan(0.999);
        assertThat(CacheAdvice.of(seen, 2, 1e-5).changes())
                .allSatisfy(change -> assertThat(change.hitRatio()).isLessThan(0.001));
    }

    @Test
    void oneRequestAMinuteGivesNoAdvice() {
        use.capacity(1_000_000);
        long[] always = newBlocks(30);
        for (int minute = 0; minute < 3 * 1440; minute++) {
            nanos += 60 * SECOND;
            serve(always, A);
            use.work();
        }
        CacheUseReport hour = use.lastHour(nanos);
        assertThat(hour.requests()).isCloseTo(60, within(2.0));
        assertThat(hour.curve().infiniteHitRatio()).isGreaterThan(0.99);
        assertThat(CacheAdvice.of(hour, 1, 1e-5).missing()).endsWith(" requests seen (advice needs 1,000)");
    }

    /** What is common to some is found among them all the same, and nothing grows. */
    @Test
    void aMillionPrefixesAMinuteTakeNoMoreRoomThanAnyTraffic() {
        use.capacity(1_000_000);
        long[] always = newBlocks(10);
        for (int i = 0; i < 1_000_000; i++) {
            nanos += 60_000;
            serve(i % 10 == 0 ? always : newBlocks(10), A);
            if (i % 1000 == 0) {
                use.work();
            }
        }
        CacheUseReport seen = use.lastHour(nanos);
        assertThat(use.leftOut()).isZero();
        assertThat(seen.curve().hitRatio(1_000_000)).isCloseTo(0.1, within(0.01));
        assertThat(use.heldAlone().get(A)).isCloseTo(1, within(1e-9));
    }

    @Test
    void leavesOutWhatTheQueueHasNoRoomFor() {
        for (int i = 0; i < 100_000; i++) {
            serve(newBlocks(30), A);
        }
        assertThat(use.leftOut()).isGreaterThan(100_000);
        CacheUseReport seen = use.lastHour(nanos);
        assertThat(seen.requests()).isBetween(1000.0, 20_000.0);
    }

    @Test
    void cachesThatOthersUseTooAreTakenToBeSmaller() {
        use.capacity(1_000_000);
        serve(newBlocks(10), A);
        use.trafficShare(0.95);
        assertThat(use.lastHour(0).capacityTokens()).isEqualTo(1_000_000);
        use.trafficShare(0.5);
        assertThat(use.lastHour(0).capacityTokens()).isEqualTo(500_000);
        assertThat(use.lastHour(0).trafficShare()).isEqualTo(0.5);
    }
}
