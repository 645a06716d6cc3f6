package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointLoad.EndpointAdapters;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.AdapterSlots.Fit;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PoolLoad.ReplicaLoad;
import dev.warmlane.core.routing.PoolMemory;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Requests for adapters, with two slots at each of four endpoints. */
class AdapterCostsTest {
    private static final int SLOTS = 2;

    private final AtomicLong nanos = new AtomicLong();
    private final InFlight inFlight = new InFlight();
    private final PoolMemory memory = new PoolMemory(
            new AffinityTable(10_000, Duration.ofHours(2), nanos::get),
            new PrefixIndex(10_000, nanos::get),
            256,
            inFlight,
            ReplicaLoad.NONE,
            1,
            nanos::get);
    private final EndpointPool pool = new EndpointPool("test");
    private final Router router = new Router(
            pool,
            new ExpectedCostPolicy(ShippedCosts.PARAMETERS),
            memory,
            new DecisionLog(4, InstantSource.system()),
            HealthWatch.NONE);
    private final List<Endpoint> endpoints = IntStream.range(0, 4)
            .mapToObj(i -> Endpoint.ofUri(URI.create("http://e" + i)))
            .toList();
    private long requests;

    AdapterCostsTest() {
        pool.replace(endpoints);
    }

    private void tellSlots() {
        endpoints.forEach(
                endpoint -> router.notes().reported(endpoint.id(), new EndpointAdapters(SLOTS, List.of(), List.of())));
    }

    private RoutingRequest request(String model, boolean adapter) {
        PromptBlocks prompt = PromptBlocks.of(new long[0], 256, 200);
        return new RoutingRequest(
                AffinityKey.none(requests++), prompt, Set.of(), null, model, adapter, false, null, null);
    }

    private Dispatch send(String adapter) {
        return Objects.requireNonNull(router.dispatch(request(adapter, true), Set.of()));
    }

    private String serve(String adapter) {
        try (Dispatch dispatch = send(adapter)) {
            return dispatch.endpoint().name();
        }
    }

    private List<Candidate> explain(RoutingRequest request) {
        return Objects.requireNonNull(router.explain(request)).candidates();
    }

    @Test
    void anAdapterGoesWhereItIsLoaded() {
        tellSlots();
        String home = serve("x");
        for (int i = 0; i < 20; i++) {
            assertThat(serve("x")).isEqualTo(home);
        }
    }

    @Test
    void adaptersTakeFreeSlotsBeforeTheyEvictOthers() {
        tellSlots();
        List<String> homes = IntStream.range(0, SLOTS * endpoints.size())
                .mapToObj(i -> serve("adapter-" + i))
                .toList();
        for (Endpoint endpoint : endpoints) {
            assertThat(homes).filteredOn(endpoint.name()::equals).hasSize(SLOTS);
        }
    }

    @Test
    void oneWhoseSlotsAreInUseIsDearer() {
        tellSlots();
        List<Dispatch> underWay = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
            underWay.add(Objects.requireNonNull(router.dispatch(
                    request("busy-" + i, true),
                    Set.of(
                            endpoints.get(1).id(),
                            endpoints.get(2).id(),
                            endpoints.get(3).id()))));
        }
        List<Candidate> candidates = explain(request("x", true));
        assertThat(candidates).extracting(Candidate::adapter).containsExactly(Fit.WAITS, Fit.FREE, Fit.FREE, Fit.FREE);
        assertThat(candidates.get(0).terms().loading())
                .isGreaterThan(5 * candidates.get(1).terms().loading());
        underWay.forEach(Dispatch::close);
        assertThat(explain(request("x", true)).get(0).adapter()).isEqualTo(Fit.EVICTS);
    }

    @Test
    void aHotAdapterIsLoadedElsewhereWhereWaitingCostsMore() {
        tellSlots();
        List<Dispatch> underWay =
                IntStream.range(0, 200).mapToObj(i -> send("hot")).toList();
        assertThat(underWay.subList(0, 5))
                .extracting(dispatch -> dispatch.endpoint().name())
                .as("as long as it is cheaper to wait")
                .containsOnly(underWay.get(0).endpoint().name());
        assertThat(underWay).extracting(dispatch -> dispatch.endpoint().name()).contains("e0", "e1", "e2", "e3");
        underWay.forEach(Dispatch::close);
    }

    @Test
    void whatLoadsAnAdapterIsWaitedForByOthers() {
        tellSlots();
        Dispatch loading = send("x");
        long seconds = Math.round(1000
                * inFlight.prefillTokens(loading.endpoint().id())
                * new RoutingView(memory, pool.snapshot()).speeds().secondsPerToken());
        assertThat(seconds).isCloseTo(250, within(10L));
        loading.firstToken();
        assertThat(inFlight.prefillTokens(loading.endpoint().id())).isZero();
        loading.close();
    }

    @Test
    void learnsFromFirstTokensHowLongLoadingTakes() {
        tellSlots();
        for (int i = 0; i < 60; i++) {
            try (Dispatch dispatch = send("adapter-" + i)) {
                nanos.addAndGet(1_010_000_000);
                dispatch.firstToken();
            }
        }
        assertThat(new RoutingView(memory, pool.snapshot()).adapters().loadSeconds())
                .isCloseTo(1, within(0.1));
        double known = new RoutingView(memory, pool.snapshot()).speeds().secondsPerToken();
        assertThat(known).as("speeds learn nothing from it").isEqualTo(1.5 / 32_768);
    }

    @Test
    void whereEnginesDoNotTellItCostsNothing() {
        serve("x");
        List<Candidate> asAdapter = explain(request("x", true));
        assertThat(asAdapter).allSatisfy(candidate -> {
            assertThat(candidate.adapter()).isNull();
            assertThat(candidate.terms().loading()).isZero();
        });
        assertThat(asAdapter).isEqualTo(explain(request("x", false)));
    }

    @Test
    void theBaseModelNeedsNoSlot() {
        List<Candidate> before = explain(request("base", false));
        tellSlots();
        assertThat(explain(request("base", false))).isEqualTo(before);
    }

    @Test
    void termsAddUpToTheCost() {
        tellSlots();
        serve("x");
        assertThat(explain(request("y", true))).allSatisfy(candidate -> {
            var terms = candidate.terms();
            assertThat(candidate.cost())
                    .isEqualTo(terms.waiting()
                            + terms.computing()
                            + terms.delaying()
                            + terms.decoding()
                            + terms.loading()
                            - terms.staying());
            assertThat(terms.loading()).isPositive();
        });
    }
}
