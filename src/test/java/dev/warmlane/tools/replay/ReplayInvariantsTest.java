package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.tools.replay.PolicyMaker.NamedPolicy;
import dev.warmlane.tools.simulator.engine.EngineRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A replay must not end well if something was left behind. */
class ReplayInvariantsTest {
    private final Fleet fleet = new Fleet(ReplaySettings.of(1, 100_000));
    private final ReplayEndpoint endpoint = fleet.all().get(0);
    private final ReplayGateway gateway =
            new ReplayGateway(NamedPolicy.parse("expected-cost"), 10, new VirtualTime(), 1, 0, null);

    @Test
    void findsALeaseThatWasNotClosed() {
        gateway.endpoints(fleet.endpoints(), 1000);
        PromptBlocks prompt = PromptBlocks.of(new long[] {7}, 2048, 4000);
        Dispatch dispatch = gateway.router().dispatch(new RoutingRequest(AffinityKey.none(1), prompt), Set.of());
        assertThatThrownBy(
                        () -> gateway.checkNothingInFlight(endpoint.endpoint().id()))
                .hasMessage("pod-0-0 in flight: 1 requests, 1000 prompt tokens, 1000 prefill tokens (expected: 0)");
        dispatch.close();
        assertThatCode(() -> gateway.checkNothingInFlight(endpoint.endpoint().id()))
                .doesNotThrowAnyException();
    }

    @Test
    void findsARequestThatAnEngineStillRuns() {
        endpoint.engine()
                .submit(new EngineRequest(1000, 1, new long[0], FinishReason.LENGTH, EngineRequest.Listener.NONE), 0);
        assertThatThrownBy(endpoint::checkIdle)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("pod-0-0: 0 requests, 1 running, 0 waiting, ")
                .hasMessageEndingWith("of the blocks held (expected: 0)");
        endpoint.engine().advance(1_000_000_000);
        assertThatCode(endpoint::checkIdle).doesNotThrowAnyException();
    }
}
