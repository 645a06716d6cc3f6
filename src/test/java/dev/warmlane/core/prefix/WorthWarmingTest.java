package dev.warmlane.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.prefix.PromptBeginning.PrefixCall;
import dev.warmlane.core.prefix.PromptBeginning.Shared;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Of ten beginnings that come equally often, what an empty cache is given. */
class WorthWarmingTest {
    private static final List<Shared> TEN = LongStream.range(0, 10)
            .mapToObj(number -> new Shared(number, new PrefixCall("/", new byte[0], PromptBlocks.EMPTY), 1, 1, 0))
            .toList();

    /**
     * @param before what was held by the one whose place it takes; null: nobody's
     * @param missing those that no other cache holds
     */
    private static List<Long> worth(int endpoints, @Nullable Set<Long> before, Long... missing) {
        Set<Long> nobodys = Set.of(missing);
        return new WorthWarming(endpoints, before)
                .of(TEN, prompt -> !nobodys.contains(prompt.hash())).stream()
                        .map(Shared::hash)
                        .toList();
    }

    @Test
    void oneMoreIsGivenWhatNobodyHoldsAndThenAllElse() {
        assertThat(worth(2, null, 7L)).containsExactly(7L, 0L, 1L, 2L, 3L, 4L, 5L, 6L, 8L, 9L);
    }

    @Test
    void whereOneWasLostNothingIsGivenOfWhatOthersHold() {
        assertThat(worth(5, null, 7L)).containsExactly(7L);
    }

    @Test
    void oneThatTakesThePlaceOfAnotherIsGivenALittleMoreThanItsShare() {
        assertThat(worth(2, Set.of(), 7L)).containsExactly(7L, 0L, 1L, 2L, 3L, 4L, 5L, 6L);
        assertThat(worth(10, Set.of())).containsExactly(0L, 1L);
    }

    @Test
    void oneThatTakesThePlaceOfAnotherIsGivenFirstWhatThatHeld() {
        assertThat(worth(5, Set.of(8L, 9L), 7L)).containsExactly(7L, 8L, 9L);
        assertThat(worth(2, Set.of(8L, 9L))).startsWith(8L, 9L, 0L, 1L).hasSize(8);
    }

    @Test
    void nothingIsGivenWhereNothingIsShared() {
        assertThat(new WorthWarming(3, Set.of()).of(List.of(), prompt -> true)).isEmpty();
    }

    @Test
    void isAsWarmAsItsPartOfAllThatThePoolIsAskedFor() {
        List<Shared> ten = LongStream.range(0, 10)
                .mapToObj(number -> new Shared(
                        number, new PrefixCall("/", new byte[0], PromptBlocks.of(new long[] {1}, 64, 64)), 1, 1, 0))
                .toList();
        assertThat(WorthWarming.warmth(ten, 0.8, 2 * ten.get(0).worth())).isEqualTo(0.16, within(1e-9));
        assertThat(WorthWarming.warmth(ten, 0.8, 10 * ten.get(0).worth())).isEqualTo(0.8, within(1e-9));
        assertThat(WorthWarming.warmth(List.of(), 0, 0)).isZero();
    }

    @Test
    void whatBeginsOthersDoesNotUseUpTheShare() {
        List<Shared> nested = new ArrayList<>(TEN);
        nested.add(0, new Shared(100, new PrefixCall("/", new byte[0], PromptBlocks.EMPTY), 10, 0, 0));
        assertThat(new WorthWarming(4, Set.of()).of(nested, prompt -> true))
                .extracting(Shared::hash)
                .containsExactly(100L, 0L, 1L, 2L, 3L);
    }
}
