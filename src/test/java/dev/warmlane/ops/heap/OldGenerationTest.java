package dev.warmlane.ops.heap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OldGenerationTest {
    private static final long MIB = 1L << 20;

    private long used = 400 * MIB;
    private long live = 30 * MIB;
    private long threshold;
    private long nanos = Long.MAX_VALUE - 5;
    private final AtomicInteger collections = new AtomicInteger();
    private final OldGeneration old = new OldGeneration(
            () -> used,
            bytes -> threshold = bytes,
            () -> {
                collections.incrementAndGet();
                used = live;
                nanos += TimeUnit.MILLISECONDS.toNanos(100);
            },
            () -> nanos);

    @Test
    void givesWhatIsInUseAfterACollectionSomeRoom() {
        old.collect();
        assertThat(collections).hasValue(1);
        assertThat(threshold).isEqualTo(46 * MIB);
        live = 200 * MIB;
        collectAfterSeconds(60);
        assertThat(threshold).isEqualTo(250 * MIB);
    }

    @Test
    void collectsLessOftenWhereThatTakesMuchOfTheTime() {
        old.collect();
        collectAfterSeconds(4);
        assertThat(threshold).isEqualTo(62 * MIB);
        collectAfterSeconds(1);
        assertThat(threshold).isEqualTo(94 * MIB);
        collectAfterSeconds(30);
        assertThat(threshold).isEqualTo(94 * MIB);
    }

    @Test
    void givesLessRoomAgainWhereItLasts() {
        old.collect();
        collectAfterSeconds(1);
        collectAfterSeconds(101);
        assertThat(threshold).isEqualTo(46 * MIB);
        collectAfterSeconds(101);
        assertThat(threshold).isEqualTo(46 * MIB);
    }

    @Test
    void doublesTheRoomNoMoreThanSixTimes() {
        old.collect();
        for (int i = 0; i < 100; i++) {
            collectAfterSeconds(0);
        }
        assertThat(threshold).isEqualTo((30 + 64 * 16) * MIB);
    }

    private void collectAfterSeconds(long seconds) {
        nanos += TimeUnit.SECONDS.toNanos(seconds);
        old.collect();
    }
}
