package dev.warmlane.tools.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.tools.validation.Evaluation.Counted;
import dev.warmlane.tools.validation.Management.PoolReading;
import dev.warmlane.tools.validation.Management.PoolReading.PodReading;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CountedTest {
    static PodReading pod(String id, String name, @Nullable PrefixCacheCounters counters) {
        return new PodReading(id, name, "ready", counters, 0, 16, true, List.of("m"), 10L, false);
    }

    private static PoolReading pool(PodReading... pods) {
        return new PoolReading("default", List.of(pods));
    }

    private static PrefixCacheCounters counters(long queried, long hit) {
        return new PrefixCacheCounters(queried, hit);
    }

    @Test
    void takesWhatWasCountedInBetween() {
        Counted counted = Counted.between(
                pool(pod("1", "a", counters(1000, 500)), pod("2", "b", counters(0, 0))),
                pool(pod("1", "a", counters(1100, 590)), pod("2", "b", counters(300, 210))),
                Map.of("a", 1L, "b", 3L));
        assertThat(counted.total()).isEqualTo(counters(400, 300));
        assertThat(counted.notes()).isEmpty();
        assertThat(counted.pods())
                .containsExactly(new Report.Pod("a", 1, 100, 90, false), new Report.Pod("b", 3, 300, 210, false));
    }

    @Test
    void aPodThatRestartedCountsFromZero() {
        Counted counted = Counted.between(
                pool(pod("1", "a", counters(1000, 500))), pool(pod("1", "a", counters(70, 30))), Map.of());
        assertThat(counted.total()).isEqualTo(counters(70, 30));
        assertThat(counted.pods()).containsExactly(new Report.Pod("a", 0, 70, 30, true));
        assertThat(counted.notes()).containsExactly("a: started during the run; what it counted before is lost");
    }

    @Test
    void aPodInTheOthersPlaceCountsFromZeroAndTheOtherIsLost() {
        Counted counted = Counted.between(
                pool(pod("1", "a", counters(1000, 500))), pool(pod("2", "b", counters(70, 30))), Map.of("a", 4L));
        assertThat(counted.total()).isEqualTo(counters(70, 30));
        assertThat(counted.pods())
                .containsExactly(new Report.Pod("b", 0, 70, 30, true), new Report.Pod("a", 4, 0, 0, false));
        assertThat(counted.notes()).contains("a: gone; what it counted is lost");
    }

    @Test
    void countersThatCouldNotBeReadAddNothing() {
        Counted never = Counted.between(pool(pod("1", "a", null)), pool(pod("1", "a", counters(900, 900))), Map.of());
        assertThat(never.total()).isEqualTo(PrefixCacheCounters.NONE);
        Counted lost = Counted.between(pool(pod("1", "a", counters(900, 900))), pool(pod("1", "a", null)), Map.of());
        assertThat(lost.total()).isEqualTo(PrefixCacheCounters.NONE);
        assertThat(lost.notes())
                .containsExactly("a: its counters could not be read to the end; hits there are missing");
    }
}
