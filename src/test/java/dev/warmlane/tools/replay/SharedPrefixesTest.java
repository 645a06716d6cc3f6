package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.tools.replay.SharedPrefixes.Expectation;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharedPrefixesTest {
    private static final long SECOND = 1_000_000_000L;

    private final SharedPrefixes prefixes = new SharedPrefixes(200, Expectation.FORECAST);

    /** Two stretches of a system prompt and one of a question. */
    private static PromptBlocks prompt(int system, int question) {
        long[] hashes = new long[6];
        Arrays.setAll(hashes, i -> system * 1000L + (i < 4 ? 0 : question * 10L) + i);
        return PromptBlocks.of(hashes, 64, 6 * 64 + 10);
    }

    private List<Integer> bestLengths(int maxBlocks, long now) {
        return prefixes.best(maxBlocks, 0, 1, false, nobody -> 0, now).stream()
                .map(best -> best.prompt().length())
                .toList();
    }

    @Test
    void whatOneSessionSendsAloneIsNobodysElse() {
        for (int turn = 0; turn < 10; turn++) {
            prefixes.used(prompt(1, 1), 7, turn * SECOND);
        }
        assertThat(bestLengths(100, 10 * SECOND)).isEmpty();
    }

    @Test
    void whatTwoSessionsShareIsCutWhereTheyPart() {
        prefixes.used(prompt(1, 1), 7, SECOND);
        prefixes.used(prompt(1, 2), 8, 2 * SECOND);
        assertThat(bestLengths(100, 3 * SECOND)).containsExactly(4);
        PromptBlocks shared =
                prefixes.best(100, 0, 1, false, nobody -> 0, 3 * SECOND).get(0).prompt();
        assertThat(shared.hash(3)).isEqualTo(prompt(1, 1).hash(3));
        assertThat(shared.bytes()).isEqualTo(4 * 64);
    }

    @Test
    void whatComesOftenGoesBeforeWhatCameLast() {
        for (int user = 0; user < 20; user++) {
            prefixes.used(prompt(1, user), user, user * SECOND);
        }
        prefixes.used(prompt(2, 1), 1, 21 * SECOND);
        prefixes.used(prompt(2, 2), 2, 22 * SECOND);
        assertThat(prefixes.best(4, 0, 1, false, nobody -> 0, 23 * SECOND))
                .singleElement()
                .satisfies(best ->
                        assertThat(best.prompt().hash(0)).isEqualTo(prompt(1, 0).hash(0)));
        assertThat(bestLengths(8, 23 * SECOND)).containsExactly(4, 4);
    }

    @Test
    void whatFollowsASharedHeadCountsItsBlocksOnce() {
        for (int user = 0; user < 4; user++) {
            prefixes.used(prompt(1, 1), user, user * SECOND);
            prefixes.used(prompt(1, 2), user + 10, user * SECOND);
        }
        assertThat(bestLengths(8, 5 * SECOND)).containsExactly(6, 6);
        assertThat(bestLengths(7, 5 * SECOND)).containsExactly(6, 5);
    }

    @Test
    void theTreeIsBoundedAndHeadsLeaveLast() {
        for (int system = 0; system < 1000; system++) {
            prefixes.used(prompt(system, 1), 1, system * SECOND);
            prefixes.used(prompt(system, 1), 2, system * SECOND);
        }
        assertThat(bestLengths(10_000, 1000 * SECOND)).hasSizeBetween(32, 34).allMatch(length -> length >= 2);
    }

    @Test
    void whatIsSeldomIsLeftOut() {
        prefixes.used(prompt(1, 1), 7, SECOND);
        prefixes.used(prompt(1, 2), 8, 2 * SECOND);
        assertThat(prefixes.best(100, 10, 1, false, nobody -> 0, 3 * SECOND)).isEmpty();
    }

    /** Three systems, the first of which comes most often and the last of which least. */
    private void useThreeSystems() {
        for (int user = 0; user < 12; user++) {
            prefixes.used(prompt(1, user), user, user * SECOND);
            if (user % 2 == 0) {
                prefixes.used(prompt(2, user), user, user * SECOND);
            }
            if (user % 3 == 0) {
                prefixes.used(prompt(3, user), user, user * SECOND);
            }
        }
    }

    private List<Long> bestFirstBlocks(int maxBlocks, int endpoints, int... heldSystems) {
        return prefixes
                .best(
                        maxBlocks,
                        0,
                        endpoints,
                        false,
                        prompt ->
                                Arrays.stream(heldSystems).anyMatch(system -> system * 1000L == prompt.hash(0)) ? 4 : 0,
                        12 * SECOND)
                .stream()
                .map(best -> best.prompt().hash(0))
                .toList();
    }

    @Test
    void whatNoOtherCacheHoldsGoesFirst() {
        useThreeSystems();
        assertThat(bestFirstBlocks(4, 1, 1, 2)).containsExactly(3000L);
        assertThat(bestFirstBlocks(8, 1, 1, 2)).containsExactlyInAnyOrder(3000L, 1000L);
    }

    @Test
    void whatOthersHoldIsLeftOutWhereAnEndpointWasLost() {
        useThreeSystems();
        assertThat(bestFirstBlocks(100, 8, 1, 2)).containsExactly(3000L);
        assertThat(bestFirstBlocks(100, 8, 1, 2, 3)).hasSize(3);
    }

    @Test
    void aHeadThatAllPromptsShareDoesNotUseUpTheShareOfOneThatTakesThePlaceOfAnother() {
        for (int user = 0; user < 40; user++) {
            prefixes.used(prompt(1, user % 8), user, user * SECOND);
        }
        assertThat(prefixes.best(100, 0, 4, true, prompt -> 6, 40 * SECOND)).hasSizeBetween(3, 5);
    }

    @Test
    void otherExpectationsAreOfTheLatestUseOrOfAll() {
        SharedPrefixes latest = new SharedPrefixes(200, Expectation.RECENCY);
        SharedPrefixes mostFrequent = new SharedPrefixes(200, Expectation.FREQUENCY);
        for (SharedPrefixes each : List.of(latest, mostFrequent)) {
            for (int user = 0; user < 20; user++) {
                each.used(prompt(1, user), user, user * SECOND);
            }
            each.used(prompt(2, 1), 1, 21 * SECOND);
            each.used(prompt(2, 2), 2, 22 * SECOND);
        }
        assertThat(latest.best(4, 0, 1, false, nobody -> 0, 23 * SECOND))
                .singleElement()
                .satisfies(best -> assertThat(best.prompt().hash(0)).isEqualTo(2000L));
        assertThat(mostFrequent.best(4, 0, 1, false, nobody -> 0, 10_000 * SECOND))
                .singleElement()
                .satisfies(best -> assertThat(best.prompt().hash(0)).isEqualTo(1000L));
    }
}
