package dev.warmlane.core.routing;

import static dev.warmlane.core.routing.policy.RoutingPolicyContract.endpoint;
import static dev.warmlane.core.routing.policy.RoutingPolicyContract.longPrompt;
import static dev.warmlane.core.routing.policy.RoutingPolicyContract.session;
import static dev.warmlane.core.routing.policy.RoutingPolicyContract.withPrompt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy.StickyPolicy;
import dev.warmlane.core.routing.policy.ShippedCosts;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What endpoints that left still send is not kept, and costs no more than that of others. */
class GoneEndpointTest {
    private static final Endpoint A = endpoint("a");
    private static final RoutingRequest TURN = withPrompt(session("s"), longPrompt(1));

    private final EndpointPool pool = new EndpointPool("p");
    private final PrefixIndex index = new PrefixIndex(1000);
    private final AffinityTable table = new AffinityTable(100, Duration.ofHours(2), () -> 0L);
    private int walks;

    @BeforeEach
    void list() {
        pool.replace(List.of(A));
    }

    private Router router(HealthWatch health) {
        Bindings counted = (Bindings) Proxy.newProxyInstance(
                Bindings.class.getClassLoader(), new Class<?>[] {Bindings.class}, (self, method, arguments) -> {
                    walks += method.getName().equals("releaseAll") ? 1 : 0;
                    return method.invoke(table, arguments);
                });
        return new Router(
                pool,
                new StickyPolicy(new ExpectedCostPolicy(ShippedCosts.PARAMETERS)),
                PoolMemories.of(counted, index, 256, new InFlight()),
                new DecisionLog(1, InstantSource.system()),
                health);
    }

    private static Dispatch dispatch(Router router) {
        return Objects.requireNonNull(router.dispatch(TURN, Set.of()));
    }

    @Test
    void itsResponsesWalkThroughNoBindings() {
        Router router = router(HealthWatch.NONE);
        Dispatch whole = dispatch(router);
        Dispatch silent = dispatch(router);
        pool.replace(List.of());
        assertThat(walks).isOne();
        whole.accepted();
        whole.firstToken();
        whole.delivered(new UsageReport(6400, 10, 0L));
        whole.close();
        silent.accepted();
        silent.unreported();
        silent.close();
        router.notes().capacity(A.id(), 1000);
        router.notes().warmed(A.id(), TURN.prompt());
        assertThat(walks).isOne();
        assertThat(router.tallies().of(A.id()).reports()).isZero();
        assertThat(index.blocks(A.id())).isZero();
    }

    @Test
    void allThatLeaveTogetherTakeOneWalk() {
        pool.replace(List.of(A, endpoint("b"), endpoint("c")));
        router(HealthWatch.NONE);
        table.bind(TURN.key(), A.id());
        table.bind(session("t").key(), endpoint("c").id());
        pool.replace(List.of(endpoint("b")));
        assertThat(walks).isOne();
        assertThat(table.size()).isZero();
    }

    @Test
    void whatADecisionSawOfAnEndpointThatLeavesMeanwhileIsNotKept() {
        Endpoint b = endpoint("b");
        pool.replace(List.of(A, b));
        AtomicLong nanos = new AtomicLong();
        PoolMemory memory = PoolMemories.of(table, index, 256, new InFlight(), nanos::get);
        AtomicBoolean leaves = new AtomicBoolean();
        Router router = new Router(
                pool,
                new ExpectedCostPolicy(ShippedCosts.PARAMETERS),
                memory,
                new DecisionLog(1, InstantSource.system()),
                new HealthWatch() {
                    @Override
                    public boolean admits(Endpoint endpoint) {
                        if (leaves.get()) {
                            pool.replace(List.of(A));
                        }
                        return true;
                    }
                });
        router.dispatch(TURN, Set.of(A.id()));
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        leaves.set(true);
        table.bind(session("t").key(), A.id());
        router.dispatch(withPrompt(session("t"), longPrompt(2)), Set.of());
        assertThat(pool.snapshot().contains(b.id())).isFalse();
        assertThat(memory.load().usualPromptTokens(b.id())).isZero();
    }

    @Test
    void aRequestThatIsDispatchedAsItLeavesIsNotBoundToIt() {
        Router router = router(new HealthWatch() {
            @Override
            public boolean admits(Endpoint endpoint) {
                pool.replace(List.of());
                return true;
            }
        });
        Dispatch dispatch = dispatch(router);
        assertThat(walks).isOne();
        assertThat(dispatch.endpoint()).isEqualTo(A);
        assertThat(table.size()).isZero();
        assertThat(index.blocks(A.id())).isZero();
    }
}
