package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.Dispatch.UsageReport;
import dev.warmlane.core.routing.PredictionAccuracy.Silence;
import java.net.URI;
import org.junit.jupiter.api.Test;

class PredictionAccuracyTest {
    private static final Endpoint ENDPOINT = Endpoint.ofUri(URI.create("http://e"));

    private final PredictionAccuracy deliveries = new PredictionAccuracy();

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
        return deliveries.total(ENDPOINT.id()).silence();
    }

    @Test
    void anEndpointWhoseAnswersHaveNoUsageIsSilent() {
        for (int i = 0; i < 19; i++) {
            deliveries.unreported(decision(2000));
        }
        assertThat(silence()).isEqualTo(Silence.NONE);

        deliveries.unreported(decision(2000));
        assertThat(silence()).isEqualTo(Silence.USAGE);
    }

    @Test
    void anEndpointWhoseUsageHasNoCachedTokensIsSilentAboutThose() {
        for (int i = 0; i < 20; i++) {
            deliveries.unreported(decision(2000));
            deliveries.record(decision(2000), new UsageReport(4000, 10, null));
        }

        assertThat(silence()).isEqualTo(Silence.CACHED_TOKENS);
    }

    @Test
    void oneAnswerThatReportsBreaksTheSilence() {
        for (int i = 0; i < 100; i++) {
            deliveries.unreported(decision(2000));
        }
        deliveries.record(decision(2000), new UsageReport(4000, 10, 1990L));

        assertThat(deliveries.total(ENDPOINT.id()))
                .isEqualTo(new PredictionAccuracy.Total(1, 2000, 1990, Silence.NONE));
    }

    @Test
    void littleThatIsPromisedMayHonestlyBeReportedAsNothing() {
        for (int i = 0; i < 100; i++) {
            deliveries.unreported(decision(100));
            deliveries.record(decision(100), new UsageReport(4000, 10, null));
        }

        assertThat(silence()).isEqualTo(Silence.NONE);
    }
}
