package dev.warmlane.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class BlockRatesTest {
    private static final long BLOCK = 77;

    private final BlockRates rates = new BlockRates();

    @Test
    void aBlockThatWasNotNotedDoesNotCome() {
        assertThat(rates.perSecond(BLOCK, 0)).isZero();
    }

    @Test
    void findsTheRateAndForgetsItInMinutes() {
        for (int i = 0; i < 1200; i++) {
            rates.note(BLOCK, i, 500L * i);
        }
        assertThat(rates.perSecond(BLOCK, 600_000)).isCloseTo(2, within(0.1));
        assertThat(rates.perSecond(BLOCK, 600_000 + 120_000)).isCloseTo(2 / Math.E, within(0.05));
        assertThat(rates.perSecond(BLOCK, 3_600_000)).isLessThan(0.001);
    }

    @Test
    void findsTheRateOfABurstWhileItLasts() {
        for (int i = 0; i < 200; i++) {
            rates.note(BLOCK, i, 100L * i);
        }
        assertThat(rates.perSecond(BLOCK, 20_000)).isBetween(5.0, 10.0);
    }

    @Test
    void whatComesAtOneMomentIsNoBurst() {
        for (int i = 0; i < 30; i++) {
            rates.note(BLOCK, i, 0);
        }
        assertThat(rates.perSecond(BLOCK, 0)).isCloseTo(30.0 / 120, within(1e-9));
    }

    @Test
    void whatChanceMayBringIsNoBurst() {
        rates.note(BLOCK, 1, 0);
        rates.note(BLOCK, 2, 2000);
        assertThat(rates.perSecond(BLOCK, 2000)).isCloseTo(2.0 / 120, within(1e-3));
    }

    @Test
    void whatComesAgainAfterItWasForgottenIsNew() {
        rates.note(BLOCK, 0, 0);
        for (int i = 0; i < 20; i++) {
            rates.note(BLOCK, i, 3_600_000 + 100L * i);
        }
        assertThat(rates.perSecond(BLOCK, 3_602_000)).isGreaterThan(0.5);
    }

    @Test
    void turnsOfOneConversationCountOnceUntilAnotherComes() {
        for (int i = 0; i < 50; i++) {
            rates.note(BLOCK, 1, 0);
        }
        double one = rates.perSecond(BLOCK, 0);
        rates.note(BLOCK, 2, 0);
        assertThat(rates.perSecond(BLOCK, 0)).isCloseTo(2 * one, within(1e-9));
    }

    @Test
    void aFloodOfBlocksThatComeOnceLeavesThoseThatComeOften() {
        for (int i = 0; i < 40; i++) {
            rates.note(BLOCK, i, 1000L * i);
        }
        for (long other = 1; other < 2_000_000; other++) {
            rates.note(1000 + other, other, 40_000);
        }
        assertThat(rates.perSecond(BLOCK, 40_000)).isGreaterThan(0.2);
    }
}
