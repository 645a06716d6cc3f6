package dev.warmlane.tools.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PossibleHitsTest {
    private static final Talk TALK = new Talk(1, 3, 100, 10, 20, Duration.ZERO, true);

    private final PossibleHits possible = new PossibleHits(TALK, 16);

    @Test
    void theFirstTurnFindsTheWholeBlocksOfTheSystemPrompt() {
        possible.add(112, 20);
        assertThat(possible.hits()).isEqualTo(96);
    }

    @Test
    void aLaterTurnFindsTheTurnBeforeWithItsAnswer() {
        possible.add(112, 20);
        possible.add(145, 20);
        assertThat(possible.hits()).isEqualTo(96 + 128);
        assertThat(possible.ratio()).isEqualTo(224.0 / 257);
    }

    @Test
    void anAnswerThatDoesNotComeBackCannotBeFound() {
        possible.add(112, 500);
        possible.add(130, 500);
        assertThat(possible.hits()).isEqualTo(96 + 112);
    }

    @Test
    void theLastTokenOfAPromptIsNeverFound() {
        PossibleHits blocksOfOne = new PossibleHits(new Talk(1, 2, 50, 1, 20, Duration.ZERO, true), 1);
        blocksOfOne.add(51, 20);
        blocksOfOne.add(52, 20);
        assertThat(blocksOfOne.hits()).isEqualTo(50 + 51);
    }

    @Test
    void nothingIsPossibleWithoutPromptsOrWithPromptsOfLessThanABlock() {
        assertThat(possible.ratio()).isZero();
        assertThat(new Talk(1, 2, 2, 2, 2, Duration.ZERO, true).possibleHitRatio(16))
                .isZero();
    }

    @Test
    void theDefaultTalkCanReachFarMoreThanTheDefaultTarget() {
        assertThat(new Talk(5, 5, 1000, 50, 64, Duration.ZERO, true).possibleHitRatio(16))
                .isBetween(0.93, 0.96);
    }
}
