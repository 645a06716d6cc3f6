package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.EndpointTallies.Silence;
import dev.warmlane.core.routing.EndpointTallies.Tally;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import java.net.URI;
import org.junit.jupiter.api.Test;

class EndpointTalliesTest {
    private static final Endpoint ENDPOINT = Endpoint.ofUri(URI.create("http://e"));

    private final EndpointTallies tallies = new EndpointTallies();

    private static RoutingDecision decision(long matchedTokens) {
        RoutingRequest request = new RoutingRequest(AffinityKey.none(1), PromptBlocks.EMPTY);
        RoutingDecision placed = RoutingDecision.byLoad(request, ENDPOINT);
        return new RoutingDecision(
                request,
                ENDPOINT,
                placed.source(),
                placed.outcome(),
                4000,
                4000 - matchedTokens,
                matchedTokens,
                placed.candidates(),
                placed.remember(),
                null,
                null);
    }

    private Silence silence() {
        return tallies.of(ENDPOINT.id()).silence();
    }

    @Test
    void anEndpointWhoseResponsesHaveNoUsageIsSilent() {
        for (int i = 0; i < 19; i++) {
            tallies.unreported(decision(2000));
        }
        assertThat(silence()).isEqualTo(Silence.NONE);

        tallies.unreported(decision(2000));
        assertThat(silence()).isEqualTo(Silence.USAGE);
    }

    @Test
    void anEndpointWhoseUsageHasNoCachedTokensIsSilentAboutThose() {
        for (int i = 0; i < 20; i++) {
            tallies.unreported(decision(2000));
            tallies.delivered(decision(2000), new UsageReport(4000, 10, null));
        }

        assertThat(silence()).isEqualTo(Silence.CACHED_TOKENS);
    }

    @Test
    void oneResponseThatReportsBreaksTheSilence() {
        for (int i = 0; i < 100; i++) {
            tallies.unreported(decision(2000));
        }
        tallies.delivered(decision(2000), new UsageReport(4000, 10, 1990L));

        Tally tally = tallies.of(ENDPOINT.id());
        assertThat(silence()).isEqualTo(Silence.NONE);
        assertThat(tally.responses()).isOne();
        assertThat(tally.promptTokens()).isEqualTo(4000);
        assertThat(tally.predictedTokens()).isEqualTo(2000);
        assertThat(tally.cachedTokens()).isEqualTo(1990);
    }

    @Test
    void littleThatIsPredictedMayHonestlyBeReportedAsNothing() {
        for (int i = 0; i < 100; i++) {
            tallies.unreported(decision(100));
            tallies.delivered(decision(100), new UsageReport(4000, 10, null));
        }

        assertThat(silence()).isEqualTo(Silence.NONE);
    }
}
