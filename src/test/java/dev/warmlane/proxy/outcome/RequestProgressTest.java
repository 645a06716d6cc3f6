package dev.warmlane.proxy.outcome;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingRequest;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RequestProgressTest {
    private static final AffinityKey KEY = AffinityKey.none(0);

    private static final RoutingDecision TO_ANY = RoutingDecision.byLoad(
            new RoutingRequest(KEY, PromptBlocks.EMPTY), Endpoint.ofUri(URI.create("http://any:1")));

    private final RequestProgress first = new RequestProgress(KEY, null, System.nanoTime());

    @Test
    void attemptsForAnEarlierModelRemain() {
        assertThat(first.routed(TO_ANY)).isNull();
        first.left("a", "unavailable");
        assertThat(first.routed(TO_ANY)).isEqualTo("unavailable");
        first.givenUp("b", "reset");
        assertThat(first.retries()).isEqualTo(1);

        RequestProgress next = first.next(KEY, null);
        assertThat(next.retries()).as("the next model has not got it yet").isEqualTo(1);
        assertThat(next.routed(TO_ANY)).isEqualTo("reset");
        next.givenUp("c", "connect");
        assertThat(next.failed())
                .extracting(RequestProgress.FailedAttempt::endpoint)
                .containsExactly("a", "b", "c");
        assertThat(next.retries()).isEqualTo(2);
    }

    @Test
    void aRequestThatLeavesBeforeAnotherEndpointGetsItIsNoRetry() {
        first.routed(TO_ANY);
        first.left("a", "reset");
        assertThat(first.retries()).isZero();
        assertThat(first.failed()).hasSize(1);
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
