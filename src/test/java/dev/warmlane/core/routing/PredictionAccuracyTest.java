package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.PredictionAccuracy.Silence;
import java.net.URI;
import org.junit.jupiter.api.Test;

class PredictionAccuracyTest {
    private static final Endpoint ENDPOINT = Endpoint.ofUri(URI.create("http://e"));

    private final PredictionAccuracy accuracy = new PredictionAccuracy();

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
        return accuracy.total(ENDPOINT.id()).silence();
    }

    @Test
    void anEndpointWhoseAnswersHaveNoUsageIsSilent() {
        for (int i = 0; i < 19; i++) {
            accuracy.unreported(decision(2000));
        }
        assertThat(silence()).isEqualTo(Silence.NONE);

        accuracy.unreported(decision(2000));
        assertThat(silence()).isEqualTo(Silence.USAGE);
    }

    @Test
    void anEndpointWhoseUsageHasNoCachedTokensIsSilentAboutThose() {
        for (int i = 0; i < 20; i++) {
            accuracy.unreported(decision(2000));
            accuracy.record(decision(2000), new UsageReport(4000, 10, null));
        }

        assertThat(silence()).isEqualTo(Silence.CACHED_TOKENS);
    }

    @Test
    void oneAnswerThatReportsBreaksTheSilence() {
        for (int i = 0; i < 100; i++) {
            accuracy.unreported(decision(2000));
        }
        accuracy.record(decision(2000), new UsageReport(4000, 10, 1990L));

        assertThat(accuracy.total(ENDPOINT.id())).isEqualTo(new PredictionAccuracy.Total(1, 2000, 1990, Silence.NONE));
    }

    @Test
    void littleThatIsPromisedMayHonestlyBeReportedAsNothing() {
        for (int i = 0; i < 100; i++) {
            accuracy.unreported(decision(100));
            accuracy.record(decision(100), new UsageReport(4000, 10, null));
        }

        assertThat(silence()).isEqualTo(Silence.NONE);
    }
}
