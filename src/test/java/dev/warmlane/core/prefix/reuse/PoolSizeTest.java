package dev.warmlane.core.prefix.reuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.prefix.reuse.PoolSize.Advice;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.replay.load.PoissonLoad.SharedPrefixLoad;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PoolSizeTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int EACH = 10;

    private final PoolSize size = new PoolSize(2, 20, EACH);
    private long nanos = SECOND;

    private Advice look(double requests) {
        return look(requests, 4, null);
    }

    private Advice look(double requests, int endpoints, @Nullable CacheUseReport seen) {
        nanos += SECOND;
        return size.look(nanos, endpoints, requests, seen, 0.8);
    }

    private Advice after(int seconds, double requests) {
        Advice last = look(requests);
        for (int i = 1; i < seconds; i++) {
            last = look(requests);
        }
        return last;
    }

    /** A quiet night, a steep morning, a dip at noon, an evening that falls; noise, and requests that come in bursts. */
    private static double ofDay(double hour) {
        double morning = 1 / (1 + Math.exp(-(hour - 8.5) * 2.5));
        double evening = 1 / (1 + Math.exp((hour - 19) * 1.5));
        double noon = 1 - 0.3 * Math.exp(-Math.pow((hour - 12.7) / 0.4, 2));
        return 8 + 110 * morning * evening * noon;
    }

    @Test
    void followsADayWithoutFlappingAndNeverBelowWhatItsLoadNeeds() {
        for (int seed = 1; seed <= 2; seed++) {
            PoolSize day = new PoolSize(2, 20, EACH);
            SplittableRandom random = new SplittableRandom(seed);
            int endpoints = 4;
            long changed = -PoolSize.CHANGE_NANOS;
            int changes = 0;
            int largest = 0;
            double load = ofDay(0);
            for (int second = 1; second <= 86_400; second++) {
                double usual = ofDay(second / 3600.0);
                double requests = usual * (0.75 + 0.5 * random.nextDouble()) + (second % 900 < 5 ? 15 : 0);
                load += (usual - load) / 60;
                Advice advice = day.look(second * SECOND, endpoints, requests, null, 0.8);
                assertThat(advice.endpoints()).as("at %d s", second).isGreaterThanOrEqualTo((int)
                        Math.ceil(load / EACH));
                if (advice.endpoints() != endpoints) {
                    assertThat(second * SECOND - changed)
                            .as("at %d s", second)
                            .isGreaterThanOrEqualTo(PoolSize.CHANGE_NANOS);
                    changed = second * SECOND;
                    endpoints = advice.endpoints();
                    changes++;
                }
                largest = Math.max(largest, endpoints);
            }
            assertThat(largest).isBetween(12, 17);
            assertThat(endpoints).isEqualTo(2);
            assertThat(changes).isLessThan(50);
        }
    }

    @Test
    void growsAtOnceWhenTheLoadNeedsMoreThanThereIs() {
        after(1200, 20);
        Advice advice = after(240, 75);
        assertThat(advice.loadNeed()).isEqualTo(8);
        assertThat(advice.endpoints()).isGreaterThanOrEqualTo(8);
        assertThat(advice.reason()).startsWith("load: ").contains("10 for each endpoint");
    }

    @Test
    void shrinksByOneAtATimeAndOnlyAfterHalfAnHour() {
        after(60, 75);
        int before = look(75).endpoints();
        assertThat(after(1500, 5).endpoints()).isEqualTo(before);
        assertThat(after(600, 5).endpoints()).isEqualTo(before - 1);
        assertThat(after(300, 5).endpoints()).isEqualTo(before - 1);
        assertThat(after(200, 5).reason()).contains("one less at a time");
    }

    @Test
    void aStartIsNoReasonToShrink() {
        assertThat(after(1500, 1).endpoints()).isEqualTo(4);
        assertThat(after(600, 1).endpoints()).isEqualTo(3);
    }

    @Test
    void staysWithinItsBounds() {
        assertThat(after(600, 900).endpoints()).isEqualTo(20);
        assertThat(look(900).reason()).endsWith("no more than 20 are allowed");
        assertThat(after(30_000, 0).endpoints()).isEqualTo(2);
    }

    @Test
    void saysThatALargerPoolThanIsAllowedIsCutToWhatIs() {
        Advice advice = look(1, 60, null);

        assertThat(advice.endpoints()).isLessThanOrEqualTo(20);
        assertThat(advice.reason()).endsWith("no more than 20 are allowed");
    }

    @Test
    void hasAsManyAsTheCachesNeedForTheirTarget() {
        CacheUseReport seen = sharedPrefixes(3000);
        Advice advice = look(1, 4, seen);
        for (int i = 0; i < 1200; i++) {
            advice = look(1, 4, seen);
        }
        assertThat(advice.cacheNeed()).isBetween(8, 12);
        assertThat(advice.endpoints()).isEqualTo(advice.cacheNeed());
        assertThat(advice.reason())
                .startsWith("cache: a pool of %d would".formatted(advice.cacheNeed()))
                .contains(" would hit 0.7");
    }

    @Test
    void needsNothingForCachesOfWhichTooLittleIsKnown() {
        assertThat(look(1, 4, sharedPrefixes(300)).cacheNeed()).isZero();
    }

    private static CacheUseReport sharedPrefixes(int requests) {
        Load load = new SharedPrefixLoad(150, 5, 6000, 1200, 1000, 6, requests, 1).read();
        CacheUse use = new CacheUse();
        use.capacity(1_000_000);
        long nanos = 0;
        for (LoadRequest request : load.arrivals()) {
            nanos = request.delayNanos();
            ToldUse.Prompt told =
                    ToldUse.Prompt.of(request.prompt(), request.session() + 1, 1, LoadRequest.BYTES_PER_TOKEN);
            use.sent(told, request.prompt(), nanos);
            use.completed(
                    new ToldUse.Completed(told, null, request.promptTokens(), request.outputTokens(), 3000L), nanos);
            use.work();
        }
        return use.lastDay(nanos);
    }
}
