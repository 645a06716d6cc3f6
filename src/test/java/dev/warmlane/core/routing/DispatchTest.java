package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.EndpointTallies.Tally;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.policy.ControlPolicy;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of a request is told to the health of its endpoint, once. */
class DispatchTest implements HealthWatch {
    private final List<String> heard = new ArrayList<>();
    private Dispatch dispatch;
    private Router router;

    @BeforeEach
    void dispatch() {
        EndpointPool pool = new EndpointPool("p");
        pool.replace(List.of(Endpoint.ofUri(URI.create("http://a:1"))));
        router = new Router(
                pool,
                ControlPolicy.ROUND_ROBIN,
                PoolMemories.empty(),
                new DecisionLog(1, InstantSource.system()),
                this);
        dispatch = Objects.requireNonNull(
                router.dispatch(new RoutingRequest(AffinityKey.none(0), PromptBlocks.EMPTY), Set.of()));
    }

    @Test
    void anAnswerIsASuccessAtItsFirstByte() {
        dispatch.accepted();
        assertThat(heard).isEmpty();
        dispatch.firstByte();
        dispatch.close();
        assertThat(heard).containsExactly("succeeded");
    }

    @Test
    void anAnswerThatBreaksOffIsASuccessAndThenAFailure() {
        dispatch.accepted();
        dispatch.firstByte();
        dispatch.brokeOff(FailureCause.RESET);
        dispatch.close();
        assertThat(heard).containsExactly("succeeded", "failed reset");
    }

    @Test
    void anErrorThatBreaksOffIsOneFailure() {
        dispatch.refused(503);
        dispatch.brokeOff(FailureCause.RESET);
        dispatch.close();
        assertThat(heard).containsExactly("failed unavailable");
        assertThat(errors()).isOne();
    }

    @Test
    void aFullQueueWhoseErrorBreaksOffIsAFailureOfTheConnection() {
        dispatch.full();
        dispatch.refused(503);
        dispatch.brokeOff(FailureCause.RESET);
        dispatch.close();
        assertThat(heard).containsExactly("failed full", "failed reset");
    }

    @Test
    void anAbortThatTheClientGetsIsOneErrorHoweverItEnds() {
        dispatch.failed(FailureCause.ABORT);
        dispatch.endedInError();
        dispatch.brokeOff(FailureCause.RESET);
        dispatch.close();
        assertThat(errors()).isOne();
        assertThat(router.tallies().of(dispatch.endpoint().id()).movedOn()).isOne();
        assertThat(heard).containsExactly("failed abort");
    }

    @Test
    void whatTheEndpointDidNotTakeAfterAnErrorIsOneError() {
        dispatch.refused(500);
        dispatch.failed(FailureCause.RESET);
        dispatch.close();
        assertThat(errors()).isOne();
    }

    @Test
    void aGatewayErrorThatTheClientGetsIsAFailure() {
        dispatch.refused(504);
        dispatch.firstByte();
        dispatch.close();
        assertThat(heard).containsExactly("failed unavailable");
    }

    @Test
    void aFullQueueThatTheClientHearsOfIsToldAsSuch() {
        dispatch.full();
        dispatch.refused(503);
        dispatch.close();
        assertThat(heard).containsExactly("failed full");
    }

    @Test
    void anErrorOfTheClientIsASuccessOfTheEndpoint() {
        dispatch.refused(400);
        dispatch.firstByte();
        dispatch.close();
        assertThat(heard).containsExactly("succeeded");
    }

    @Test
    void a500DecidesNothing() {
        dispatch.refused(500);
        dispatch.firstByte();
        dispatch.close();
        assertThat(heard).containsExactly("undecided");
    }

    @Test
    void aRequestIsOneErrorHoweverMuchGoesWrong() {
        dispatch.accepted();
        dispatch.firstToken();
        dispatch.endedInError();
        dispatch.brokeOff(FailureCause.RESET);
        dispatch.close();
        assertThat(errors()).isOne();
    }

    @Test
    void thePromptOfAResponseThatSaysNothingOfTheCacheIsCountedToo() {
        dispatch.delivered(new UsageReport(12, 1, null));
        dispatch.close();
        Tally tally = router.tallies().of(dispatch.endpoint().id());
        assertThat(tally.reports()).isOne();
        assertThat(tally.reportedTokens()).isEqualTo(12);
        assertThat(tally.promptTokens()).isZero();
    }

    @Test
    void aClientThatLeavesBeforeTheAnswerDecidesNothing() {
        dispatch.close();
        dispatch.close();
        assertThat(heard).containsExactly("undecided");
    }

    @Test
    void whatTheEndpointDidNotTakeIsAFailureOfItsCause() {
        dispatch.failed(FailureCause.CONNECT);
        dispatch.close();
        assertThat(heard).containsExactly("failed connect");
    }

    private long errors() {
        return router.tallies().of(dispatch.endpoint().id()).errors();
    }

    @Override
    public void succeeded(Endpoint endpoint) {
        heard.add("succeeded");
    }

    @Override
    public void failed(Endpoint endpoint, FailureCause cause) {
        heard.add("failed " + cause.label());
    }

    @Override
    public void undecided(Endpoint endpoint) {
        heard.add("undecided");
    }
}
