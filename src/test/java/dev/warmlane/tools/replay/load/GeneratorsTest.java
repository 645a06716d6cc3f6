package dev.warmlane.tools.replay.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.replay.load.PoissonLoad.AdaptersLoad;
import dev.warmlane.tools.replay.load.PoissonLoad.BurstLoad;
import dev.warmlane.tools.replay.load.PoissonLoad.SharedPrefixLoad;
import dev.warmlane.tools.replay.load.SessionLoad.ConversationsLoad;
import dev.warmlane.tools.replay.load.SessionLoad.MultiTurnLoad;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
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
    void agentsSendWhatRecordedOnesSend() {
        List<LoadRequest> requests = requests(new AgentsLoad(60, 1200, 1).read());
        assertThat(percentile(requests, 0.5, LoadRequest::promptTokens)).isCloseTo(75_000, withinPercentage(10));
        assertThat(percentile(requests, 0.9, LoadRequest::promptTokens)).isCloseTo(130_000, withinPercentage(10));
        assertThat(percentile(requests, 0.5, LoadRequest::outputTokens)).isCloseTo(227, withinPercentage(10));
        assertThat(percentile(requests, 0.9, LoadRequest::outputTokens)).isCloseTo(944, withinPercentage(10));
        List<LoadRequest> followed =
                requests.stream().filter(request -> request.next() != null).toList();
        assertThat(percentile(followed, 0.1, GeneratorsTest::reuse)).isCloseTo(0.952, within(0.01));
        assertThat(percentile(followed, 0.5, GeneratorsTest::pauseSeconds)).isCloseTo(11, withinPercentage(10));
        assertThat(percentile(followed, 0.9, GeneratorsTest::pauseSeconds)).isCloseTo(184, withinPercentage(10));
    }

    @Test
    void subAgentsCarryTheSessionAndTheContextOfTheirParent() {
        List<LoadRequest> parents = requests(new AgentsLoad(20, 1200, 1).read()).stream()
                .filter(request -> !request.branches().isEmpty())
                .toList();
        assertThat(parents)
                .isNotEmpty()
                .allSatisfy(parent -> assertThat(parent.branches()).allSatisfy(branch -> {
                    assertThat(branch.session()).isEqualTo(parent.session());
                    assertThat(shared(parent, branch)).isGreaterThan(32);
                    assertThat(shared(parent, branch))
                            .isLessThanOrEqualTo(parent.prompt().length());
                }));
    }

    @Test
    void conversationsDifferByOrdersOfMagnitude() {
        List<LoadRequest> requests = requests(new ConversationsLoad(2, 3000, 1).read());
        assertThat(percentile(requests, 0.5, LoadRequest::promptTokens)).isCloseTo(6900, withinPercentage(10));
        assertThat(percentile(requests, 0.9, LoadRequest::promptTokens)).isCloseTo(27_000, withinPercentage(10));
    }

    @Test
    void aBurstAsksTheSameThingAMillisecondApart() {
        List<LoadRequest> requests = new BurstLoad(1, 3, 2000, 100, 1, 1).read().arrivals();
        assertThat(requests).extracting(LoadRequest::session).containsExactly(0, 1, 2);
        assertThat(shared(requests.get(0), requests.get(2))).isEqualTo(3);
        assertThat(requests.get(2).delayNanos() - requests.get(0).delayNanos()).isEqualTo(2_000_000);
    }

    @Test
    void fewAdaptersAreAskedForOften() {
        List<LoadRequest> requests =
                new AdaptersLoad(100, 512, 512, 10, 5, 2000, 1).read().arrivals();
        Map<Long, Long> uses = requests.stream()
                .collect(Collectors.groupingBy(request -> request.prompt().hash(0), Collectors.counting()));
        assertThat(uses).hasSizeBetween(95, 100);
        // The first has one part in the hundredth harmonic number, 5.19.
        assertThat(Collections.max(uses.values())).isCloseTo(385L, within(60L));
    }

    private static double reuse(LoadRequest request) {
        return (double) request.promptTokens() / request.next().promptTokens();
    }

    private static double pauseSeconds(LoadRequest request) {
        return request.next().delayNanos() / 1e9;
    }

    private static List<LoadRequest> requests(Load load) {
        List<LoadRequest> all = new ArrayList<>(load.arrivals());
        for (int i = 0; i < all.size(); i++) {
            all.addAll(all.get(i).followers());
        }
        assertThat(all).hasSize(load.size());
        return all;
    }

    private static double percentile(List<LoadRequest> requests, double share, ToDoubleFunction<LoadRequest> number) {
        double[] sorted = requests.stream().mapToDouble(number).sorted().toArray();
        return sorted[(int) (share * sorted.length)];
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
