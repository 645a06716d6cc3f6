package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.metrics.RequestMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class CountersTest {
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final Counters counters = new Counters(registry);

    @Test
    void findsTheOnesOfAPoolAndThoseThatComeLater() {
        Counter first = count("a", "2xx");
        count("b", "2xx");
        assertThat(counters.of(RequestMeter.REQUESTS, "a")).containsExactly(first);

        Counter later = count("a", "5xx");

        assertThat(counters.of(RequestMeter.REQUESTS, "a")).containsExactlyInAnyOrder(first, later);
    }

    @Test
    void findsThoseOfAllPoolsWhereNoneIsAskedFor() {
        Counter a = count("a", "2xx");
        Counter b = count("b", "2xx");

        assertThat(counters.of(RequestMeter.REQUESTS, null)).containsExactlyInAnyOrder(a, b);
    }

    @Test
    void forgetsWhatIsGone() {
        Counter gone = count("a", "2xx");
        assertThat(counters.of(RequestMeter.REQUESTS, "a")).containsExactly(gone);

        registry.remove(gone);

        assertThat(counters.of(RequestMeter.REQUESTS, "a")).isEmpty();
    }

    @Test
    void findsTheTimerOfAPoolOnceThereIsOne() {
        RequestMeter.TTFT.timer(registry, "b");
        assertThat(counters.timer(RequestMeter.TTFT, "a")).isNull();

        Timer first = RequestMeter.TTFT.timer(registry, "a");

        assertThat(counters.timer(RequestMeter.TTFT, "a")).isSameAs(first);
    }

    private Counter count(String pool, String result) {
        return RequestMeter.REQUESTS.counter(registry, pool, result);
    }
}
