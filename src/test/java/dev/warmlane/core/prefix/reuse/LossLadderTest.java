package dev.warmlane.core.prefix.reuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.prefix.reuse.CacheUseReport.HitRatioCurve;
import dev.warmlane.core.prefix.reuse.LossLadder.Cause;
import dev.warmlane.core.prefix.reuse.LossLadder.Step;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LossLadderTest {

    /** A million prompt tokens, of which nine tenths came before, and were still in one cache of the pool's size. */
    private static LossLadder ladder(long predicted, long delivered) {
        return ladder(100_000, predicted, delivered);
    }

    private static LossLadder ladder(long capacity, long predicted, long delivered) {
        double[] ratios = new double[HitRatioCurve.BUCKETS + 1];
        Arrays.fill(ratios, 0.9);
        HitRatioCurve curve = new HitRatioCurve(ratios, 0.9);
        return LossLadder.of(
                new CacheUseReport(curve, curve, capacity, 1, 1000, 100, 1_000_000, predicted, delivered, 0, 0, 0));
    }

    @Test
    void routingLosesWhatWasNotPredicted() {
        LossLadder ladder = ladder(300_000, 290_000);

        assertThat(ladder.steps()).extracting(Step::tokens).containsExactly(100_000L, 0L, 600_000L, 10_000L);
        assertThat(ladder.main()).isEqualTo(ladder.step(Cause.ROUTING));
    }

    @Test
    void routingHasNotLostWhatWasDeliveredThoughNobodyPredictedIt() {
        LossLadder ladder = ladder(200_000, 895_000);

        assertThat(ladder.steps()).extracting(Step::tokens).containsExactly(100_000L, 0L, 5_000L, 0L);
        assertThat(ladder.main()).isNull();
    }

    @Test
    void stepsAndWhatWasDeliveredSumUpToThePrompts() {
        LossLadder ladder = ladder(500_000, 950_000);

        assertThat(ladder.steps().stream().mapToLong(Step::tokens).sum() + ladder.deliveredTokens())
                .isEqualTo(ladder.promptTokens());
        assertThat(ladder.step(Cause.ROUTING).tokens()).isEqualTo(-50_000);
    }

    /** What came before the caches were filled once is not known. */
    @Test
    void blamesNoNewTextWhereLessWasSeenThanTheCachesHold() {
        assertThat(ladder(1_000_001, 900_000, 900_000).step(Cause.COMPULSORY).remedy())
                .isEqualTo(
                        "Too little was seen to tell: prompts of 1,000,000 tokens, while the caches hold 1,000,001. These"
                                + " blocks may have come before.");
        assertThat(ladder(1_000_000, 900_000, 900_000).step(Cause.COMPULSORY).remedy())
                .isEqualTo("These blocks were new; no cache helps.");
    }
}
