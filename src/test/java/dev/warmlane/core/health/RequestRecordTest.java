package dev.warmlane.core.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.health.HealthRules.RequestRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RequestRecordTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private final RequestRecord requests = new RequestRecord(Duration.ofSeconds(10));

    @Test
    void countsFailuresInARowUntilASuccess() {
        for (int i = 0; i < 4; i++) {
            requests.failed(0);
        }
        assertThat(requests.consecutiveFailures()).isEqualTo(4);
        requests.succeeded(0);
        assertThat(requests.consecutiveFailures()).isZero();
    }

    @Test
    void forgetsWhatIsOlderThanTheWindow() {
        requests.failed(0);
        requests.succeeded(9 * SECOND);
        assertThat(requests.counts(9 * SECOND)).isEqualTo(new RequestRecord.Counts(1, 1));
        assertThat(requests.counts(10 * SECOND)).isEqualTo(new RequestRecord.Counts(1, 0));
        assertThat(requests.counts(1000 * SECOND)).isEqualTo(new RequestRecord.Counts(0, 0));
    }

    @Test
    void nothingCountsAsSuccess() {
        assertThat(requests.counts(0).successRate()).isEqualTo(1);
    }

    @Test
    void clearForgetsEverything() {
        requests.failed(SECOND);
        requests.succeeded(SECOND);
        requests.failed(SECOND);
        requests.clear();
        assertThat(requests.counts(SECOND)).isEqualTo(new RequestRecord.Counts(0, 0));
        assertThat(requests.consecutiveFailures()).isZero();
    }

    @Test
    void staysAtTheMostThatAPartHolds() {
        for (int i = 0; i < (1 << 20) + 5; i++) {
            requests.failed(0);
        }
        assertThat(requests.counts(0)).isEqualTo(new RequestRecord.Counts(0, (1 << 20) - 1));
    }

    /** Against a plain list of requests, on a clock that starts anywhere. */
    @Property(tries = 200)
    void countsLikeAList(@ForAll long start, @ForAll @Size(max = 60) List<@IntRange(max = 3000) Integer> pausesMillis) {
        RequestRecord counted = new RequestRecord(Duration.ofSeconds(10));
        List<long[]> all = new ArrayList<>();
        long now = start / 4;
        for (int pause : pausesMillis) {
            now += pause * 1_000_000L;
            boolean success = pause % 3 != 0;
            all.add(new long[] {Math.floorDiv(now, SECOND), success ? 1 : 0});
            if (success) {
                counted.succeeded(now);
            } else {
                counted.failed(now);
            }
            long newest = Math.floorDiv(now, SECOND);
            List<long[]> inWindow =
                    all.stream().filter(entry -> newest - entry[0] < 10).toList();
            long successes = inWindow.stream().mapToLong(entry -> entry[1]).sum();
            assertThat(counted.counts(now)).isEqualTo(new RequestRecord.Counts(successes, inWindow.size() - successes));
        }
    }
}
