package dev.warmlane.core.routing;

import static dev.warmlane.core.routing.policy.RoutingPolicyContract.endpoint;
import static dev.warmlane.core.routing.policy.RoutingPolicyContract.longPrompt;
import static dev.warmlane.core.routing.policy.RoutingPolicyContract.session;
import static dev.warmlane.core.routing.policy.RoutingPolicyContract.withPrompt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingDecision.Remember;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a pool remembers of a decision is what the decision says. */
class PoolMemoryTest {
    private static final Endpoint A = endpoint("a");
    private static final RoutingRequest TURN = withPrompt(session("s"), longPrompt(1));

    private final AffinityTable bindings = new AffinityTable(100, Duration.ofHours(2), () -> 0L);
    private final PrefixIndex index = new PrefixIndex(1000);
    private final InFlight inFlight = new InFlight();
    private final PoolMemory memory = PoolMemories.of(bindings, index, 256, inFlight);
    private final RoutingView view = new RoutingView(memory, new EndpointSnapshot(List.of(A)));

    private static RoutingDecision decision(RoutingRequest request, Outcome outcome, Remember remember) {
        return new RoutingDecision(
                request, A, request.key().source(), outcome, 6400, 6400, 0, List.of(), remember, null, null);
    }

    private void assertRemembered(boolean binding, boolean prompt) {
        assertThat(view.boundEndpoint(TURN.key()) != null).isEqualTo(binding);
        assertThat(index.blocks(A.id())).isEqualTo(prompt ? 100 : 0);
    }

    @ParameterizedTest
    @EnumSource
    void remembersWhatTheDecisionSaysAndTakesItBackWhenItFails(Remember remember) {
        RoutingDecision decision = decision(TURN, Outcome.PLACED, remember);
        memory.dispatched(decision, true, 1);
        assertRemembered(remember.binding(), remember.prompt());
        memory.keys().failed(decision, KeyBindings.Before.NOTHING);
        memory.failed(decision);
        assertRemembered(false, false);
    }

    @ParameterizedTest
    @EnumSource
    void forgetsAllOfItWhenTheEndpointLeaves(Remember remember) {
        memory.dispatched(decision(TURN, Outcome.PLACED, remember), true, 1);
        memory.retire(Set.of(A.id()));
        assertRemembered(false, false);
    }

    @Test
    void learnsHowManyTurnsSessionsHave() {
        PoolAverages averages = new PoolAverages();
        assertThat(averages.turns()).isEqualTo(1);
        for (int request = 0; request < 1000; request++) {
            averages.learnTurn(request % 20 == 0);
        }
        assertThat(averages.turns()).isBetween(15.0, 35.0);
    }

    @Test
    void aSpilledRequestKeepsItsBindingAndLeavesItsPrompt() {
        bindings.bind(TURN.key(), endpoint("b").id());
        memory.dispatched(decision(TURN, Outcome.SPILLED, Remember.BINDING_AND_PROMPT), true, 1);
        assertThat(bindings.peek(TURN.key())).isEqualTo(endpoint("b").id());
        assertThat(index.blocks(A.id())).isEqualTo(100);
    }

    @Test
    void aKeyThatIsThePromptItselfIsNotBound() {
        RoutingRequest prompt = longPrompt(1);
        assertThat(prompt.key().source()).isEqualTo(KeySource.PROMPT_PREFIX);
        memory.dispatched(decision(prompt, Outcome.PLACED, Remember.BINDING_AND_PROMPT), true, 1);
        assertThat(bindings.size()).isZero();
        assertRemembered(false, true);
    }

    @Test
    void aFailureOfABoundRequestKeepsTheBinding() {
        RoutingDecision decision = decision(TURN, Outcome.BOUND, Remember.BINDING);
        memory.dispatched(decision, true, 1);
        memory.keys().failed(decision, KeyBindings.Before.NOTHING);
        memory.failed(decision);
        assertRemembered(true, false);
    }

    @Test
    void countsDispatchesWhateverIsRememberedOfThem() {
        memory.dispatched(decision(TURN, Outcome.PLACED, Remember.NOTHING), true, 1);
        memory.dispatched(decision(TURN, Outcome.PLACED, Remember.PROMPT), true, 1);
        assertThat(view.dispatches()).isEqualTo(2);
    }

    @Test
    void theLoadIsOwnRequestsAndThoseOfOtherClientsWithAveragePrompts() {
        inFlight.open(A.id(), 1000, 300);
        for (int look = 0; look < 8; look++) {
            memory.observed(A.id(), 21);
        }
        assertThat(view.load().requests(A.id())).isEqualTo(21);
        assertThat(view.load().promptTokens(A.id())).isEqualTo(1000 + 20 * 2000);
        assertThat(view.load().prefillTokens(A.id())).isEqualTo(300);
    }
}
