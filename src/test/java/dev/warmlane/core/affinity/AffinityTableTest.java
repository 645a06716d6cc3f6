package dev.warmlane.core.affinity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AffinityTableTest extends BindingsContract {

    @Override
    protected Bindings bindings(int maxEntries, Duration ttl, Ticker clock) {
        return new AffinityTable(maxEntries, ttl, clock);
    }

    @Test
    void theSameSessionInAnotherPoolOrFromAnotherSourceIsAnotherKey() {
        AffinityKey key = AffinityKey.of("p", KeySource.SESSION, "s");
        assertThat(key).isEqualTo(AffinityKey.of("p", KeySource.SESSION, "s"));
        assertThat(key.hash())
                .isNotEqualTo(AffinityKey.of("q", KeySource.SESSION, "s").hash())
                .isNotEqualTo(AffinityKey.of("p", KeySource.CLIENT_IP, "s").hash());
    }

    @Test
    void refusesSizesAndTimesThatMakeNoSense() {
        assertThatThrownBy(() -> new AffinityTable(0, Duration.ofHours(2), () -> 0))
                .hasMessage("max-entries: 0 (expected: at least 1)");
        assertThatThrownBy(() -> new AffinityTable(1, Duration.ofSeconds(-1), () -> 0))
                .hasMessage("ttl: PT-1S (expected: more than zero)");
    }
}
