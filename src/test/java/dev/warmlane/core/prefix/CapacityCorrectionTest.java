package dev.warmlane.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.EndpointId;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class CapacityCorrectionTest {
    private static final EndpointId A = new EndpointId("a");

    private final PrefixIndex index = new PrefixIndex(100);

    private static PromptBlocks prompt(long first, int length) {
        return PromptBlocks.of(LongStream.range(first, first + length).toArray(), 256, 256L * length);
    }

    private int held(int inserted) {
        for (int i = 0; i < inserted; i++) {
            index.insert(A, prompt(1000L * i, 1));
        }
        return index.blocks(A);
    }

    @Test
    void whatWasPredictedAndNotHeldMakesTheOldestGoToo() {
        index.insert(A, prompt(0, 80));
        index.insert(A, prompt(500, 20));
        index.correct(A, -20);
        assertThat(index.blocks(A)).isEqualTo(60);
        assertThat(Matches.matchedBlocks(index, A, prompt(500, 20))).isEqualTo(20);
        assertThat(Matches.matchedBlocks(index, A, prompt(0, 80))).isEqualTo(40);
    }

    @Test
    void whatWasHeldAndNotPredictedMakesRoomForMore() {
        index.insert(A, prompt(0, 1));
        index.correct(A, 25);
        assertThat(held(500)).isEqualTo(150);
    }

    @Test
    void staysBetweenAQuarterAndTwice() {
        index.insert(A, prompt(0, 1));
        index.correct(A, -1e9);
        assertThat(held(500)).isEqualTo(25);
        index.correct(A, 1e9);
        assertThat(held(500)).isEqualTo(200);
    }

    @Test
    void holdsWhenTheSizeIsStatedAnew() {
        index.insert(A, prompt(0, 1));
        index.correct(A, -25);
        index.capacity(A, 200);
        assertThat(held(500)).isEqualTo(100);
    }

    @Test
    void goesWithTheEndpoint() {
        index.insert(A, prompt(0, 1));
        index.correct(A, -25);
        index.remove(A);
        index.correct(A, -25);
        assertThat(held(500)).isEqualTo(100);
    }
}
