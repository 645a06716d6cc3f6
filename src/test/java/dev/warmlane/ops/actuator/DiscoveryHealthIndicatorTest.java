package dev.warmlane.ops.actuator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus.State;
import dev.warmlane.engines.pool.PoolBuilder;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.EndpointsHealthIndicator.DiscoveryHealthIndicator;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

class DiscoveryHealthIndicatorTest {
    private static final Endpoint A = Endpoint.ofUri(URI.create("http://a:8000"));

    @Test
    void staysDownUntilKubernetesHasListedEveryPool() {
        assertThat(health(State.SYNCED, State.SYNCING).getStatus()).isEqualTo(Status.DOWN);
        assertThat(health(State.SYNCED, State.SYNCED).getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void staysUpWhenKubernetesIsLost() {
        assertThat(health(State.SYNCED, State.STALE).getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void showsPoolsInOrderAndThenWhatIsFollowed() {
        assertThat(health(State.SYNCED, State.STALE).getDetails())
                .containsExactly(
                        entry("static", "1 of 1 endpoint selectable"),
                        entry("one", "0 of 0 endpoints selectable"),
                        entry("two", "0 of 0 endpoints selectable"),
                        entry("kubernetes", List.of(status(State.SYNCED), status(State.STALE))));
    }

    @Test
    void saysWhichEndpointsTakeNoNewRequestsAndWhy() {
        PoolBuilder pods = new PoolBuilder(
                "pods",
                A,
                Engines.pod("uid-1", "vllm-1", EndpointState.DRAINING),
                Engines.pod("uid-2", "vllm-2", EndpointState.UNREADY));

        assertThat(EndpointsHealthIndicator.summary(pods.build()))
                .isEqualTo("1 of 3 endpoints selectable; vllm-1 draining, vllm-2 unready");
    }

    private static Health health(State one, State two) {
        return new DiscoveryHealthIndicator(new Pools(List.of(
                        new PoolBuilder("static", A).build(),
                        new PoolBuilder("one").onKubernetes(one).build(),
                        new PoolBuilder("two").onKubernetes(two).build())))
                .health();
    }

    private static DiscoveryStatus status(State state) {
        return new DiscoveryStatus(state, null, null, 0, null);
    }
}
