package dev.warmlane.proxy.prewarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.prefix.PromptBeginning.PrefixCall;
import dev.warmlane.core.prefix.PromptBeginning.Shared;
import dev.warmlane.core.prefix.PromptBlocks;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Of ten beginnings that come equally often, what an empty cache is given. */
class WorthWarmingTest {
    private static final List<Shared> TEN = LongStream.range(0, 10)
            .mapToObj(number -> new Shared(number, new PrefixCall("/", new byte[0], PromptBlocks.EMPTY), 1, 1, 0))
            .toList();

    /** @param missing those that no other cache holds */
    private static List<Long> worth(int endpoints, boolean takesPlace, Long... missing) {
        Set<Long> nobodys = Set.of(missing);
        return new WorthWarming(endpoints, takesPlace)
                .of(TEN, prompt -> !nobodys.contains(prompt.hash())).stream()
                        .map(Shared::hash)
                        .toList();
    }

    @Test
    void oneMoreIsGivenWhatNobodyHoldsAndThenAllElse() {
        assertThat(worth(2, false, 7L)).containsExactly(7L, 0L, 1L, 2L, 3L, 4L, 5L, 6L, 8L, 9L);
    }

    @Test
    void whereOneWasLostNothingIsGivenOfWhatOthersHold() {
        assertThat(worth(5, false, 7L)).containsExactly(7L);
        assertThat(worth(5, true, 7L)).containsExactly(7L);
    }

    @Test
    void oneThatTakesThePlaceOfAnotherIsGivenALittleMoreThanItsShare() {
        assertThat(worth(2, true, 7L)).containsExactly(7L, 0L, 1L, 2L, 3L, 4L, 5L);
        assertThat(worth(10, true)).containsExactly(0L, 1L);
    }

    @Test
    void nothingIsGivenWhereNothingIsShared() {
        assertThat(new WorthWarming(3, true).of(List.of(), prompt -> true)).isEmpty();
    }

    @Test
    void isAsWarmAsItsPartOfAllThatThePoolIsAskedFor() {
        List<Shared> ten = LongStream.range(0, 10)
                .mapToObj(number -> new Shared(
                        number, new PrefixCall("/", new byte[0], PromptBlocks.of(new long[] {1}, 64, 64)), 1, 1, 0))
                .toList();
        assertThat(WorthWarming.warmth(ten, 0.8, 2 * PrefixCalls.worth(ten.get(0))))
                .isEqualTo(0.16, within(1e-9));
        assertThat(WorthWarming.warmth(ten, 0.8, 10 * PrefixCalls.worth(ten.get(0))))
                .isEqualTo(0.8, within(1e-9));
        assertThat(WorthWarming.warmth(List.of(), 0, 0)).isZero();
    }

    @Test
    void whatBeginsOthersDoesNotUseUpTheShare() {
        List<Shared> nested = new ArrayList<>(TEN);
        nested.add(0, new Shared(100, new PrefixCall("/", new byte[0], PromptBlocks.EMPTY), 10, 0, 0));
        assertThat(new WorthWarming(4, true).of(nested, prompt -> true))
                .extracting(Shared::hash)
                .containsExactly(100L, 0L, 1L, 2L, 3L);
    }
}
