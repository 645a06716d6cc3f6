package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.prefix.PromptBeginning.Shared;
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

    private List<Integer> bestLengths(long now) {
        return prefixes.best(0, now).stream()
                .map(best -> best.call().prompt().length())
                .toList();
    }

    @Test
    void whatOneSessionSendsAloneIsNobodysElse() {
        for (int turn = 0; turn < 10; turn++) {
            prefixes.used(prompt(1, 1), 7, turn * SECOND);
        }
        assertThat(bestLengths(10 * SECOND)).isEmpty();
    }

    @Test
    void whatTwoSessionsShareIsCutWhereTheyPart() {
        prefixes.used(prompt(1, 1), 7, SECOND);
        prefixes.used(prompt(1, 2), 8, 2 * SECOND);
        assertThat(bestLengths(3 * SECOND)).containsExactly(4);
        PromptBlocks shared = prefixes.best(0, 3 * SECOND).get(0).call().prompt();
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
        assertThat(prefixes.best(0, 23 * SECOND))
                .extracting(best -> best.call().prompt().hash(0))
                .containsExactly(1000L, 2000L);
    }

    @Test
    void whatGoesOnInKnownWaysAloneIsNotThereTwice() {
        for (int user = 0; user < 4; user++) {
            prefixes.used(prompt(1, 1), user, user * SECOND);
            prefixes.used(prompt(1, 2), user + 10, user * SECOND);
        }
        assertThat(bestLengths(5 * SECOND)).containsExactly(6, 6);
    }

    @Test
    void whatSomeGoOnFromInWaysOfTheirOwnIsThereAsWellAndCountsForThese() {
        for (int user = 0; user < 10; user++) {
            prefixes.used(prompt(1, 1), user, user * SECOND);
            prefixes.used(prompt(1, 100 + user), 10 + user, user * SECOND);
        }
        List<Shared> best = prefixes.best(0, 10 * SECOND);
        assertThat(best).extracting(shared -> shared.call().prompt().length()).containsExactly(4, 6);
        assertThat(best.get(0).ownPerSecond())
                .isCloseTo(best.get(0).perSecond() - best.get(1).perSecond(), within(1e-9));
        assertThat(best.get(1).ownPerSecond()).isEqualTo(best.get(1).perSecond());
    }

    @Test
    void saysHowMuchOfPromptsIsShared() {
        for (int user = 0; user < 500; user++) {
            prefixes.used(prompt(1, user), user, user * SECOND);
        }
        assertThat(prefixes.share()).isCloseTo(4.0 * 64 / (6 * 64 + 10), within(0.02));
    }

    @Test
    void theTreeIsBoundedAndHeadsLeaveLast() {
        for (int system = 0; system < 1000; system++) {
            prefixes.used(prompt(system, 1), 1, system * SECOND);
            prefixes.used(prompt(system, 1), 2, system * SECOND);
        }
        assertThat(bestLengths(1000 * SECOND)).hasSizeBetween(32, 34).allMatch(length -> length >= 2);
    }

    @Test
    void whatIsSeldomIsLeftOut() {
        prefixes.used(prompt(1, 1), 7, SECOND);
        prefixes.used(prompt(1, 2), 8, 2 * SECOND);
        assertThat(prefixes.best(10, 3 * SECOND)).isEmpty();
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
        assertThat(latest.best(0, 23 * SECOND).get(0).call().prompt().hash(0)).isEqualTo(2000L);
        assertThat(mostFrequent.best(0, 10_000 * SECOND).get(0).call().prompt().hash(0))
                .isEqualTo(1000L);
    }
}
