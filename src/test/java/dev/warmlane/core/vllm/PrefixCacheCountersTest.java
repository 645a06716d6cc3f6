package dev.warmlane.core.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import org.junit.jupiter.api.Test;

class PrefixCacheCountersTest {
    @Test
    void hasNoHitRatioOverNoQueries() {
        assertThat(PrefixCacheCounters.NONE.hitRatio()).isNull();
        assertThat(new PrefixCacheCounters(8, 2).hitRatio()).isEqualTo(0.25);
    }

    @Test
    void countsWhatCameSince() {
        assertThat(new PrefixCacheCounters(100, 60).since(new PrefixCacheCounters(70, 50)))
                .isEqualTo(new PrefixCacheCounters(30, 10));
    }

    @Test
    void countsEverythingSinceARestartEvenWhereOneCountIsHigher() {
        assertThat(new PrefixCacheCounters(40, 30).since(new PrefixCacheCounters(70, 10)))
                .isEqualTo(new PrefixCacheCounters(40, 30));
    }
}
