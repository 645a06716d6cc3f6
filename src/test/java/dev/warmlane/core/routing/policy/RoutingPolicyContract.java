package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PoolMemories;
import dev.warmlane.core.routing.PoolMemory;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every policy owes its callers, whatever it prefers. */
public abstract class RoutingPolicyContract {
    final AffinityTable table = new AffinityTable(1000, Duration.ofHours(2), () -> 0L);
    final PrefixIndex index = new PrefixIndex(10_000);
    final InFlight inFlight = new InFlight();
    long nanos;
    final PoolMemory memory = PoolMemories.of(table, index, 256, inFlight, () -> nanos);
    final EndpointPool pool = new EndpointPool("test");
    final RoutingPolicy policy = policy();
    final Router router =
            new Router(pool, policy, memory, new DecisionLog(4, InstantSource.system()), HealthWatch.NONE);

    abstract RoutingPolicy policy();

    @Test
    void choosesNothingFromNothing() {
        assertThat(router.dispatch(session("s"), Set.of())).isNull();
        assertThat(router.explain(session("s"))).isNull();
    }

    @Test
    void choosesOnlyEndpointsThatAcceptRequests() {
        pool.replace(List.of(
                endpoint("a").withState(EndpointState.UNREADY),
                endpoint("b"),
                endpoint("c").withState(EndpointState.EJECTED),
                endpoint("d").withState(EndpointState.DRAINING)));
        for (RoutingRequest request : everyKindOfRequest()) {
            assertThat(dispatchedTo(request)).isEqualTo("b");
        }
    }

    @Test
    void fallsBackToADrainingEndpointRatherThanToNone() {
        pool.replace(List.of(endpoint("a").withState(EndpointState.DRAINING)));
        for (RoutingRequest request : everyKindOfRequest()) {
            assertThat(dispatchedTo(request)).isEqualTo("a");
        }
    }

    @Test
    void choosingChangesNothing() {
        endpoints(4);
        for (RoutingRequest request : everyKindOfRequest()) {
            RoutingDecision first = router.explain(request);
            for (int i = 0; i < 20; i++) {
                assertThat(router.explain(request)).isEqualTo(first);
            }
            assertThat(dispatch(request).decision()).isEqualTo(first);
        }
        assertThat(table.size()).isLessThanOrEqualTo(2);
    }

    @Test
    void excludingGivesEveryEndpointOnceThenNone() {
        endpoints(5);
        for (RoutingRequest request : everyKindOfRequest()) {
            Set<EndpointId> tried = new HashSet<>();
            for (int i = 0; i < 5; i++) {
                Dispatch dispatch = router.dispatch(request, tried);
                assertThat(dispatch).isNotNull();
                assertThat(tried.add(dispatch.endpoint().id())).isTrue();
                dispatch.failed(FailureCause.CONNECT);
            }
            assertThat(router.dispatch(request, tried)).isNull();
        }
    }

    @Test
    void countsExactlyWhatIsInFlight() {
        endpoints(3);
        List<Dispatch> open = everyKindOfRequest().stream().map(this::dispatch).toList();
        assertThat(total()).isEqualTo(open.size());
        open.forEach(Dispatch::close);
        open.forEach(Dispatch::close);
        assertThat(total()).isZero();
    }

    @Test
    void forgetsEndpointsThatLeave() {
        endpoints(3);
        everyKindOfRequest().forEach(request -> dispatch(request).close());
        pool.replace(List.of(endpoint("new")));
        assertThat(table.size()).isZero();
        for (int i = 0; i < 3; i++) {
            assertThat(index.blocks(new EndpointId("e" + i))).isZero();
        }
        for (RoutingRequest request : everyKindOfRequest()) {
            assertThat(dispatchedTo(request)).isEqualTo("new");
        }
    }

    ExpectedCostPolicy expectedCost() {
        return new ExpectedCostPolicy(ShippedCosts.PARAMETERS);
    }

    void endpoints(int count) {
        pool.replace(IntStream.range(0, count).mapToObj(i -> endpoint("e" + i)).toList());
    }

    Dispatch dispatch(RoutingRequest request) {
        Dispatch dispatch = router.dispatch(request, Set.of());
        assertThat(dispatch).isNotNull();
        dispatch.accepted();
        return dispatch;
    }

    /** Where a request goes that is over at once. */
    String dispatchedTo(RoutingRequest request) {
        try (Dispatch dispatch = dispatch(request)) {
            return dispatch.endpoint().name();
        }
    }

    int total() {
        return pool.snapshot().endpoints().stream()
                .mapToInt(endpoint -> inFlight.requests(endpoint.id()))
                .sum();
    }

    public static Endpoint endpoint(String name) {
        return new Endpoint(new EndpointId(name), name, URI.create("http://" + name + ":8000"), EndpointState.READY);
    }

    public static RoutingRequest session(String id) {
        return new RoutingRequest(AffinityKey.of("test", KeySource.SESSION, id), PromptBlocks.EMPTY);
    }

    /** A prompt of one block for each number; the blocks hash to what precedes them too. */
    public static RoutingRequest prompt(long... blocks) {
        long[] hashes = new long[blocks.length];
        long parent = 1;
        for (int i = 0; i < blocks.length; i++) {
            parent = parent * 0x9E3779B97F4A7C15L + blocks[i];
            hashes[i] = parent;
        }
        return new RoutingRequest(AffinityKey.promptPrefix(parent), PromptBlocks.of(hashes, 256, 256L * hashes.length));
    }

    /** A prompt of 100 blocks, 6,400 tokens, that shares nothing with one of another id. */
    public static RoutingRequest longPrompt(long id) {
        return prompt(LongStream.range(0, 100).map(block -> id * 1000 + block).toArray());
    }

    /** The request with the prompt of another. */
    public static RoutingRequest withPrompt(RoutingRequest request, RoutingRequest prompt) {
        return new RoutingRequest(request.key(), prompt.prompt());
    }

    private static List<RoutingRequest> everyKindOfRequest() {
        return List.of(
                session("s"),
                new RoutingRequest(AffinityKey.of("test", KeySource.CLIENT_IP, "10.0.0.1"), PromptBlocks.EMPTY),
                prompt(1, 2, 3),
                new RoutingRequest(AffinityKey.none(7), PromptBlocks.EMPTY));
    }
}
