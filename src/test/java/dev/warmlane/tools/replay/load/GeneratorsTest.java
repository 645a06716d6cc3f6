package dev.warmlane.tools.replay.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GeneratorsTest {
    private static final SharedPrefixLoad SHARED = new SharedPrefixLoad(3, 2, 1024, 600, 100, 5, 4000, 7);
    private static final MultiTurnLoad TURNS = new MultiTurnLoad(2, 3, 512, 400, 200, 4, 7);

    private static int shared(LoadRequest a, LoadRequest b) {
        return (int) IntStream.range(0, Math.min(a.prompt().length(), b.prompt().length()))
                .takeWhile(i -> a.prompt().hash(i) == b.prompt().hash(i))
                .count();
    }

    @Test
    void promptsOfAGroupShareTheirBeginningOnly() {
        List<LoadRequest> requests = SHARED.read().arrivals();
        for (LoadRequest a : requests.subList(0, 20)) {
            for (LoadRequest b : requests.subList(20, 40)) {
                int expected = a.session() == b.session() ? 3 : a.session() / 2 == b.session() / 2 ? 2 : 0;
                assertThat(shared(a, b)).isEqualTo(expected);
            }
        }
        assertThat(requests).extracting(LoadRequest::session).containsOnly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void arrivalsComeAtTheAskedRate() {
        List<LoadRequest> requests = SHARED.read().arrivals();
        assertThat(requests).hasSize(4000).extracting(LoadRequest::delayNanos).isSorted();
        assertThat(requests.get(3999).delayNanos() / 1e9).isCloseTo(800, within(40.0));
    }

    @Test
    void turnsGrowByQuestionAndAnswerAndWaitForIt() {
        Load load = TURNS.read();
        assertThat(load.arrivals()).hasSize(2);
        assertThat(load.size()).isEqualTo(6);
        assertThat(load.longestTokens()).isEqualTo(512 + 3 * 600);
        LoadRequest first = load.arrivals().get(0);
        LoadRequest second = first.next();
        assertThat(first.promptTokens()).isEqualTo(912);
        assertThat(second.promptTokens()).isEqualTo(912 + 600);
        assertThat(second.next().next()).isNull();
        assertThat(second.blockHashes()).startsWith(first.blockHashes());
        assertThat(shared(first, load.arrivals().get(1))).isEqualTo(1);
    }

    @Test
    void speedShortensArrivalsAndPauses() {
        Load load = TURNS.read();
        Load faster = load.atSpeed(2);
        LoadRequest second = load.arrivals().get(1);
        LoadRequest fasterSecond = faster.arrivals().get(1);
        assertThat(fasterSecond.delayNanos()).isEqualTo(second.delayNanos() / 2);
        assertThat(fasterSecond.next().delayNanos()).isCloseTo(second.next().delayNanos() / 2, within(1L));
        assertThatThrownBy(() -> load.atSpeed(-1)).hasMessage("speed: -1.0 (expected: > 0)");
    }

    @Test
    void theSameSeedGivesTheSameLoad() {
        SharedPrefixLoad again = new SharedPrefixLoad(3, 2, 1024, 600, 100, 5, 4000, 7);
        SharedPrefixLoad other = new SharedPrefixLoad(3, 2, 1024, 600, 100, 5, 4000, 8);
        assertThat(times(again)).isEqualTo(times(SHARED)).isNotEqualTo(times(other));
    }

    private static List<Long> times(SharedPrefixLoad load) {
        return load.read().arrivals().stream().map(LoadRequest::delayNanos).toList();
    }
}
