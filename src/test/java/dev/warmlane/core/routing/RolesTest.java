package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import dev.warmlane.core.routing.policy.ControlPolicy;
import java.net.URI;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Responses come from endpoints that decode; where there are others for prompts, those compute them first. */
class RolesTest {
    private static final RoutingRequest REQUEST = new RoutingRequest(AffinityKey.none(0), PromptBlocks.EMPTY);
    private static final EndpointId P1 = id("p1");
    private static final EndpointId P2 = id("p2");
    private static final EndpointId D1 = id("d1");

    private final InFlight inFlight = new InFlight(2);
    private final EndpointPool pool = new EndpointPool("p");

    @Test
    void aPoolWithoutRolesHasOneLeg() {
        Dispatch dispatch = dispatch(router(endpoint("d1", Role.BOTH), endpoint("d2", Role.BOTH)));
        assertThat(dispatch.prefill()).isNull();
        assertThat(dispatch.decision().bypass()).isNull();
    }

    @Test
    void theResponseComesFromWhatDecodes() {
        Router router = router(endpoint("p1", Role.PREFILL), endpoint("d1", Role.DECODE), endpoint("b1", Role.BOTH));
        for (int i = 0; i < 3; i++) {
            assertThat(dispatch(router).endpoint().name()).isNotEqualTo("p1:1");
        }
    }

    @Test
    void poolsOfPrefillEndpointsServeNothing() {
        assertThat(router(endpoint("p1", Role.PREFILL)).dispatch(REQUEST, Set.of()))
                .isNull();
        assertThat(pool.snapshot().healthy()).isZero();
    }

    @Test
    void bothLegsCountWhereTheyAre() {
        Router router = router(endpoint("p1", Role.PREFILL), endpoint("p2", Role.PREFILL), endpoint("d1", Role.DECODE));
        Dispatch dispatch = dispatch(router);
        Dispatch prefill = Objects.requireNonNull(dispatch.prefill());
        assertThat(prefill.endpoint().id()).isEqualTo(P1);
        assertThat(inFlight.requests(P1)).isEqualTo(1);
        assertThat(inFlight.requests(D1)).isEqualTo(1);
        dispatch.close();
        assertThat(inFlight.requests(P1)).isZero();
        assertThat(inFlight.requests(D1)).isZero();
    }

    @Test
    void aDecodeEndpointThatFailsEndsBothLegs() {
        Dispatch dispatch = dispatch(router(endpoint("p1", Role.PREFILL), endpoint("d1", Role.DECODE)));
        dispatch.failed(FailureCause.RESET);
        assertThat(inFlight.requests(P1)).isZero();
        assertThat(inFlight.requests(D1)).isZero();
    }

    @Test
    void aPrefillEndpointThatWasTriedIsNotTriedAgain() {
        Router router = router(endpoint("p1", Role.PREFILL), endpoint("p2", Role.PREFILL), endpoint("d1", Role.DECODE));
        Dispatch dispatch = Objects.requireNonNull(router.dispatch(REQUEST, Set.of(P1)));
        assertThat(Objects.requireNonNull(dispatch.prefill()).endpoint().id()).isEqualTo(P2);
    }

    @Test
    void whereEveryPrefillEndpointIsFullTheDecodeEndpointComputesAlone() {
        Router router = router(endpoint("p1", Role.PREFILL), endpoint("d1", Role.DECODE), endpoint("d2", Role.DECODE));
        dispatch(router);
        dispatch(router);
        Dispatch third = dispatch(router);
        assertThat(third.prefill()).isNull();
        assertThat(third.decision().bypass()).isEqualTo(PrefillBypass.NO_ENDPOINT);
        assertThat(inFlight.requests(P1)).isEqualTo(2);
        third.close();
        assertThat(inFlight.requests(P1)).isEqualTo(2);
    }

    @Test
    void whatOneEndpointHasToComputeHasOneLeg() {
        Router router = router(endpoint("p1", Role.PREFILL), endpoint("d1", Role.DECODE));
        RoutingRequest several = new RoutingRequest(
                REQUEST.key(), REQUEST.prompt(), Set.of(), null, null, false, false, null, PrefillBypass.SEVERAL);
        Dispatch whole = Objects.requireNonNull(router.dispatch(several, Set.of()));
        assertThat(whole.prefill()).isNull();
        assertThat(whole.decision().bypass()).isEqualTo(PrefillBypass.SEVERAL);
    }

    private Router router(Endpoint... endpoints) {
        pool.replace(Arrays.asList(endpoints));
        return new Router(
                pool,
                ControlPolicy.ROUND_ROBIN,
                PoolMemories.counting(inFlight),
                new DecisionLog(4, InstantSource.system()),
                HealthWatch.NONE);
    }

    private static Dispatch dispatch(Router router) {
        return Objects.requireNonNull(router.dispatch(REQUEST, Set.of()));
    }

    private static Endpoint endpoint(String name, Role role) {
        return Endpoint.ofUri(URI.create("http://" + name + ":1")).withRole(role);
    }

    private static EndpointId id(String name) {
        return new EndpointId("http://" + name + ":1");
    }
}
