package dev.warmlane.core.routing;

import static dev.warmlane.core.routing.policy.RoutingPolicyContract.endpoint;
import static dev.warmlane.core.routing.policy.RoutingPolicyContract.longPrompt;
import static dev.warmlane.core.routing.policy.RoutingPolicyContract.session;
import static dev.warmlane.core.routing.policy.RoutingPolicyContract.withPrompt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy;
import dev.warmlane.core.routing.policy.ShippedCosts;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an endpoint that does not take a request has bound, is taken back: the key is bound where it was before. */
class FailedBindingTest {
    private static final RoutingRequest TURN = withPrompt(session("s"), longPrompt(1));
    private static final RoutingRequest OF_ADDRESS = withPrompt(
            new RoutingRequest(AffinityKey.of("p", KeySource.CLIENT_IP, "10.0.0.1"), PromptBlocks.EMPTY),
            longPrompt(1));

    private final EndpointPool pool = new EndpointPool("p");
    private final AffinityTable table = new AffinityTable(100, Duration.ofHours(2), () -> 0L);
    private final List<String> calls = new ArrayList<>();
    private final Router router = new Router(
            pool,
            new ExpectedCostPolicy(ShippedCosts.PARAMETERS),
            PoolMemories.of(recorded(table), new PrefixIndex(1000), 256, new InFlight()),
            new DecisionLog(1, InstantSource.system()),
            HealthWatch.NONE);
    private final Set<EndpointId> tried = new HashSet<>();

    @BeforeEach
    void list() {
        pool.replace(List.of(endpoint("a"), endpoint("b"), endpoint("c")));
    }

    @Test
    void aSessionWhoseEveryAttemptFailsStaysWhereItsCacheIs() {
        EndpointId home = served();
        Dispatch first = attempt(null);
        assertThat(first.endpoint().id()).isEqualTo(home);
        Dispatch second = attempt(first);
        assertThat(second.decision().outcome()).isEqualTo(Outcome.MOVED);
        assertThat(bound()).isEqualTo(second.endpoint().id());
        Dispatch third = attempt(second);
        third.failed(FailureCause.CONNECT);
        assertThat(bound()).isEqualTo(home);
        tried.clear();
        assertThat(attempt(null).decision().outcome()).isEqualTo(Outcome.BOUND);
    }

    @Test
    void aSessionThatMovedToAnEndpointWhichRefusesStaysWhereItWas() {
        EndpointId home = served();
        tried.add(home);
        attempt(null).refused(400);
        assertThat(bound()).isEqualTo(home);
    }

    @Test
    void aNewSessionWhoseEveryAttemptFailsIsBoundNowhere() {
        Dispatch first = attempt(null);
        Dispatch second = attempt(first);
        assertThat(second.decision().outcome()).as("it was nowhere before").isEqualTo(Outcome.PLACED);
        second.failed(FailureCause.CONNECT);
        assertThat(bound()).isNull();
    }

    @Test
    void nothingIsBoundAgainToAnEndpointThatHasLeft() {
        EndpointId home = served();
        Dispatch second = attempt(attempt(null));
        pool.replace(pool.snapshot().endpoints().stream()
                .filter(endpoint -> !endpoint.id().equals(home))
                .toList());
        second.failed(FailureCause.CONNECT);
        assertThat(bound()).isNull();
    }

    @Test
    void aBindingThatAnotherRequestHasMadeMeanwhileStays() {
        served();
        Dispatch second = attempt(attempt(null));
        Endpoint other = pool.snapshot().endpoints().stream()
                .filter(endpoint -> !tried.contains(endpoint.id()))
                .findAny()
                .orElseThrow();
        table.bind(TURN.key(), other.id());
        second.failed(FailureCause.CONNECT);
        assertThat(bound()).isEqualTo(other.id());
    }

    /** Between a look and what follows from it another request could bind the key. */
    @Test
    void isTakenBackInOneStep() {
        served();
        Dispatch second = attempt(attempt(null));
        calls.clear();
        second.failed(FailureCause.CONNECT);
        assertThat(calls).containsExactly("rebind");
    }

    @Test
    void anAddressWhoseFirstEndpointFailsIsBoundNowhere() {
        Dispatch first = Objects.requireNonNull(router.dispatch(OF_ADDRESS, Set.of()));
        assertThat(table.peek(OF_ADDRESS.key())).isEqualTo(first.endpoint().id());
        first.failed(FailureCause.CONNECT);
        assertThat(table.size()).isZero();
    }

    @Test
    void anAddressKeepsAFirstEndpointThatHasServedIt() {
        EndpointId first = served(OF_ADDRESS);
        Dispatch second = Objects.requireNonNull(router.dispatch(OF_ADDRESS, Set.of()));
        assertThat(second.endpoint().id()).isEqualTo(first);
        second.failed(FailureCause.CONNECT);
        assertThat(table.peek(OF_ADDRESS.key())).isEqualTo(first);
    }

    private Bindings recorded(Bindings bindings) {
        return (Bindings) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Bindings.class}, (self, method, arguments) -> {
                    calls.add(method.getName());
                    return method.invoke(bindings, arguments);
                });
    }

    private EndpointId served() {
        return served(TURN);
    }

    /** Where a first turn was served. */
    private EndpointId served(RoutingRequest turn) {
        try (Dispatch served = Objects.requireNonNull(router.dispatch(turn, Set.of()))) {
            served.accepted();
            served.firstToken();
            return served.endpoint().id();
        }
    }

    private @Nullable EndpointId bound() {
        return table.peek(TURN.key());
    }

    /** The next attempt of a request, at another endpoint than all before. */
    private Dispatch attempt(@Nullable Dispatch failed) {
        Dispatch next = Objects.requireNonNull(router.dispatch(TURN, Set.copyOf(tried), failed));
        if (failed != null) {
            failed.failed(FailureCause.CONNECT);
        }
        assertThat(bound()).isEqualTo(next.endpoint().id());
        tried.add(next.endpoint().id());
        return next;
    }
}
