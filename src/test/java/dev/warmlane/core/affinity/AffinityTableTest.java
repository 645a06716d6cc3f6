package dev.warmlane.core.affinity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AffinityTableTest {
    private static final EndpointId A = new EndpointId("a");
    private static final EndpointId B = new EndpointId("b");

    private final AtomicLong nanos = new AtomicLong();
    private final AffinityTable table = new AffinityTable(100, Duration.ofHours(2), nanos::get);

    @Test
    void forgetsABindingTwoHoursAfterItsLastUse() {
        table.bind(session("s"), A);
        pass(Duration.ofMinutes(119));
        table.touch(session("s"));
        pass(Duration.ofMinutes(119));
        assertThat(table.peek(session("s"))).isEqualTo(A);
        pass(Duration.ofMinutes(2));
        assertThat(table.peek(session("s"))).isNull();
        assertThat(table.size()).isZero();
    }

    @Test
    void lookingIsNoUse() {
        table.bind(session("s"), A);
        pass(Duration.ofMinutes(119));
        assertThat(table.peek(session("s"))).isEqualTo(A);
        pass(Duration.ofMinutes(2));
        assertThat(table.peek(session("s"))).isNull();
    }

    @Test
    void neverHoldsMoreThanItsSize() {
        for (int i = 0; i < 10_000; i++) {
            table.bind(session("s" + i), A);
        }
        assertThat(table.size()).isEqualTo(100);
        assertThat(table.evictions()).isEqualTo(9_900);
    }

    @Test
    void keepsABusySessionWhenNewOnesFlood() {
        table.bind(session("busy"), B);
        for (int i = 0; i < 10_000; i++) {
            table.touch(session("busy"));
            table.bind(session("s" + i), A);
        }
        assertThat(table.peek(session("busy"))).isEqualTo(B);
    }

    @Test
    void releasesAllBindingsOfAnEndpointAndNoOthers() {
        table.bind(session("1"), A);
        table.bind(session("2"), A);
        table.bind(session("3"), B);
        table.releaseAll(A);
        assertThat(table.countByEndpoint()).isEqualTo(Map.of(B, 1L));
        assertThat(table.countByEndpoint(KeySource.SESSION)).isEqualTo(Map.of(B, 1L));
        assertThat(table.countByEndpoint(KeySource.CLIENT_IP)).isEmpty();
    }

    @Test
    void takesBackABindingOnlyWhileItNamesTheEndpoint() {
        table.bind(session("s"), B);
        table.release(session("s"), A);
        assertThat(table.peek(session("s"))).isEqualTo(B);
        assertThat(table.release(session("s"))).isTrue();
        assertThat(table.release(session("s"))).isFalse();
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
        assertThatThrownBy(() -> new AffinityTable(0, Duration.ofHours(2), nanos::get))
                .hasMessage("max-entries: 0 (expected: at least 1)");
        assertThatThrownBy(() -> new AffinityTable(1, Duration.ofSeconds(-1), nanos::get))
                .hasMessage("ttl: PT-1S (expected: more than zero)");
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private static AffinityKey session(String id) {
        return AffinityKey.of("default", KeySource.SESSION, id);
    }
}
