package dev.warmlane.core.affinity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StoredResponsesTest {
    private static final EndpointId A = new EndpointId("a");
    private static final EndpointId B = new EndpointId("b");
    private static final Duration HOUR = Duration.ofHours(1);

    private final AtomicLong nanos = new AtomicLong();
    private final StoredResponses responses = new StoredResponses(100, HOUR, nanos::get);

    @Test
    void knowsTheEndpointOfEachResponse() {
        responses.made("p", "resp_1", A);
        responses.made("p", "resp_2", B);
        assertThat(responses.owner("p", "resp_1")).isEqualTo(A);
        assertThat(responses.owner("p", "resp_2")).isEqualTo(B);
        assertThat(responses.owner("p", "resp_3")).isNull();
    }

    @Test
    void theSameIdInAnotherPoolIsAnotherResponse() {
        responses.made("p", "resp_1", A);
        assertThat(responses.owner("q", "resp_1")).isNull();
    }

    @Test
    void forgetsAResponseThatNobodyAsksFor() {
        responses.made("p", "resp_1", A);
        nanos.addAndGet(HOUR.toNanos() - 1);
        assertThat(responses.owner("p", "resp_1")).isEqualTo(A);
        nanos.addAndGet(HOUR.toNanos() - 1);
        assertThat(responses.owner("p", "resp_1")).isEqualTo(A);
        nanos.addAndGet(HOUR.toNanos());
        assertThat(responses.owner("p", "resp_1")).isNull();
    }

    @Test
    void keepsNoMoreThanItMay() {
        for (int i = 0; i < 1000; i++) {
            responses.made("p", "resp_" + i, A);
        }
        List<Long> kept = new ArrayList<>();
        responses.forEach((response, endpoint) -> kept.add(response));
        assertThat(kept).hasSizeBetween(1, 100);
    }

    @Test
    void whatIsMergedCountsAndIsToldToNobody() {
        List<Long> told = new ArrayList<>();
        responses.made("p", "resp_1", A);
        StoredResponses other = new StoredResponses(100, HOUR, nanos::get);
        other.onMade((response, endpoint) -> told.add(response));
        responses.forEach(other::merge);
        assertThat(other.owner("p", "resp_1")).isEqualTo(A);
        assertThat(told).isEmpty();
        other.made("p", "resp_2", B);
        assertThat(told).hasSize(1);
    }
}
