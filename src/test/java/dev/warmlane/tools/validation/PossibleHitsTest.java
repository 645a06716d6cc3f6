package dev.warmlane.tools.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.validation.Talk.PossibleHits;
import org.junit.jupiter.api.Test;

class PossibleHitsTest {
    private static final Talk TALK =
            Options.talk("--sessions=1 --turns=3 --system-tokens=100 --question-tokens=10 --output-tokens=20");

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
        PossibleHits blocksOfOne = new PossibleHits(
                Options.talk("--sessions=1 --turns=2 --system-tokens=50 --question-tokens=1 --output-tokens=20"), 1);
        blocksOfOne.add(51, 20);
        blocksOfOne.add(52, 20);
        assertThat(blocksOfOne.hits()).isEqualTo(50 + 51);
    }

    @Test
    void nothingIsPossibleWithoutPromptsOrWithPromptsOfLessThanABlock() {
        assertThat(possible.ratio()).isZero();
        assertThat(Options.talk("--sessions=1 --turns=2 --system-tokens=2 --question-tokens=2 --output-tokens=2")
                        .possibleHitRatio(16))
                .isZero();
    }

    @Test
    void theDefaultTalkCanReachFarMoreThanTheDefaultTarget() {
        assertThat(Options.talk("--sessions=5 --turns=5 --system-tokens=1000 --question-tokens=50 --output-tokens=64")
                        .possibleHitRatio(16))
                .isBetween(0.93, 0.96);
    }
}
