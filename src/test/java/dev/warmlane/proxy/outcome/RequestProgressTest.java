package dev.warmlane.proxy.outcome;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RequestProgressTest {
    private static final AffinityKey KEY = AffinityKey.none(0);

    private final RequestProgress first = new RequestProgress(KEY, null, System.nanoTime());

    @Test
    void attemptsForAnEarlierModelRemain() {
        first.left("a", "unavailable");
        first.givenUp("b", "reset");
        assertThat(first.retries()).isEqualTo(1);

        RequestProgress next = first.next(KEY, null);
        assertThat(next.retries()).isEqualTo(2);
        next.givenUp("c", "connect");
        assertThat(next.failed())
                .extracting(RequestProgress.FailedAttempt::endpoint)
                .containsExactly("a", "b", "c");
        assertThat(next.retries()).isEqualTo(2);
    }

    @Test
    void timeAtTheEndpointsOfAnEarlierModelIsNoneOfTheGatewaysOwn() {
        long own = first.dispatched();
        long atEndpoints = Duration.ofMillis(1).toNanos();
        while (first.ageNanos() < own + atEndpoints) {
            Thread.onSpinWait();
        }

        RequestProgress next = first.next(KEY, null);
        assertThat(next.dispatched()).isBetween(own, next.ageNanos() - atEndpoints);
        RequestProgress third = next.next(KEY, null);
        assertThat(third.dispatched()).isBetween(own, third.ageNanos() - atEndpoints);
    }
}
