package dev.warmlane.core.affinity;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.Bindings.BindingInfo;
import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What all bindings owe the router and operators, wherever they are kept. */
public abstract class BindingsContract {
    private static final int MAX_ENTRIES = 100;
    private static final Duration TTL = Duration.ofHours(2);
    private static final EndpointId A = new EndpointId("a");
    private static final EndpointId B = new EndpointId("b");
    private static final EndpointId C = new EndpointId("c");

    private final AtomicLong nanos = new AtomicLong();
    private final Bindings bindings = bindings(MAX_ENTRIES, TTL, nanos::get);

    /** None as yet. */
    protected abstract Bindings bindings(int maxEntries, Duration ttl, Ticker clock);

    @Test
    void aKeyIsBoundToTheEndpointThatItWasBoundToLast() {
        assertThat(bindings.peek(session("s"))).isNull();
        bindings.bind(session("s"), A);
        bindings.bind(session("s"), B);
        assertThat(bindings.peek(session("s"))).isEqualTo(B);
        assertThat(bindings.size()).isEqualTo(1);
    }

    @Test
    void forgetsABindingTwoHoursAfterItsLastUse() {
        bindings.bind(session("s"), A);
        pass(Duration.ofMinutes(119));
        assertThat(bindings.touch(session("s"))).isTrue();
        pass(Duration.ofMinutes(119));
        assertThat(bindings.peek(session("s"))).isEqualTo(A);
        pass(Duration.ofMinutes(2));
        assertThat(bindings.peek(session("s"))).isNull();
        assertThat(bindings.touch(session("s"))).isFalse();
        assertThat(bindings.size()).isZero();
    }

    @Test
    void bindingAgainToTheSameEndpointIsAUse() {
        bindings.bind(session("s"), A);
        pass(Duration.ofMinutes(119));
        bindings.bind(session("s"), A);
        pass(Duration.ofMinutes(119));
        assertThat(bindings.peek(session("s"))).isEqualTo(A);
    }

    @Test
    void lookingIsNoUse() {
        bindings.bind(session("s"), A);
        pass(Duration.ofMinutes(119));
        assertThat(bindings.peek(session("s"))).isEqualTo(A);
        assertThat(bindings.describe(session("s"))).isNotNull();
        pass(Duration.ofMinutes(2));
        assertThat(bindings.peek(session("s"))).isNull();
        assertThat(bindings.describe(session("s"))).isNull();
    }

    @Test
    void tellsHowLongAndHowOftenABindingHasServed() {
        bindings.bind(session("s"), A);
        pass(Duration.ofMinutes(10));
        bindings.touch(session("s"));
        bindings.bind(session("s"), A);
        pass(Duration.ofMinutes(5));
        assertThat(bindings.describe(session("s")))
                .isEqualTo(new BindingInfo(A, Duration.ofMinutes(15), Duration.ofMinutes(5), 1));
        bindings.bind(session("s"), B);
        assertThat(bindings.describe(session("s"))).isEqualTo(new BindingInfo(B, Duration.ZERO, Duration.ZERO, 0));
    }

    @Test
    void neverHoldsMoreThanItsSize() {
        for (int i = 0; i < 10_000; i++) {
            bindings.bind(session("s" + i), A);
        }
        assertThat(bindings.size()).isEqualTo(MAX_ENTRIES);
        assertThat(bindings.evictions()).isEqualTo(9_900);
        assertThat(bindings.maxEntries()).isEqualTo(MAX_ENTRIES);
        assertThat(bindings.ttl()).isEqualTo(TTL);
    }

    @Test
    void keepsABusySessionWhenNewOnesFlood() {
        bindings.bind(session("busy"), B);
        for (int i = 0; i < 10_000; i++) {
            bindings.touch(session("busy"));
            bindings.bind(session("s" + i), A);
        }
        assertThat(bindings.peek(session("busy"))).isEqualTo(B);
    }

    @Test
    void releasesAllBindingsOfAnEndpointAndNoOthers() {
        bindings.bind(session("1"), A);
        bindings.bind(session("2"), A);
        bindings.bind(session("3"), B);
        bindings.releaseAll(Set.of(A));
        assertThat(bindings.countByEndpoint()).isEqualTo(Map.of(B, 1L));
        assertThat(bindings.countByEndpoint(KeySource.SESSION)).isEqualTo(Map.of(B, 1L));
        assertThat(bindings.countByEndpoint(KeySource.CLIENT_IP)).isEmpty();
    }

    @Test
    void takesBackABindingOnlyWhileItNamesTheEndpoint() {
        bindings.bind(session("s"), B);
        bindings.release(session("s"), A);
        assertThat(bindings.peek(session("s"))).isEqualTo(B);
        bindings.release(session("s"), B);
        assertThat(bindings.peek(session("s"))).isNull();
    }

    @Test
    void tellsWhereAKeyWasBound() {
        assertThat(bindings.bind(session("s"), A)).isNull();
        assertThat(bindings.bind(session("s"), A)).isEqualTo(A);
        assertThat(bindings.bind(session("s"), B)).isEqualTo(A);
    }

    @Test
    void bindsAKeyThatIsBoundNowhereOnce() {
        assertThat(bindings.bindIfAbsent(session("s"), A)).isTrue();
        assertThat(bindings.bindIfAbsent(session("s"), B)).isFalse();
        assertThat(bindings.peek(session("s"))).isEqualTo(A);
    }

    @Test
    void bindsAKeyElsewhereOnlyWhileItNamesTheEndpoint() {
        bindings.rebind(session("s"), A, B);
        assertThat(bindings.peek(session("s"))).isNull();
        bindings.bind(session("s"), B);
        bindings.rebind(session("s"), A, C);
        assertThat(bindings.peek(session("s"))).isEqualTo(B);
        bindings.rebind(session("s"), B, A);
        assertThat(bindings.peek(session("s"))).isEqualTo(A);
    }

    @Test
    void releasesAKeyOnce() {
        bindings.bind(session("s"), B);
        assertThat(bindings.release(session("s"))).isTrue();
        assertThat(bindings.release(session("s"))).isFalse();
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private static AffinityKey session(String id) {
        return AffinityKey.of("default", KeySource.SESSION, id);
    }
}
