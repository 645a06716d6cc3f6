package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.core.routing.RoutingDecision.Candidate.Cost;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingDecision.Remember;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoutingDecisionTest {
    private static final Endpoint LEFT = Endpoint.ofUri(URI.create("http://left:8000"));
    private static final Endpoint TAKEN = Endpoint.ofUri(URI.create("http://taken:8000"));

    @Test
    void losesHitsWhereTheEndpointThatItLeavesHoldsMore() {
        assertThat(decision(Outcome.MOVED, 4000, 1000).losesHits()).isTrue();
        assertThat(decision(Outcome.SPILLED, 4000, 1000).losesHits()).isTrue();
    }

    @Test
    void losesNoneByStayingOrMovingToAsMuch() {
        assertThat(decision(Outcome.MOVED, 4000, 4000).losesHits()).isFalse();
        assertThat(decision(Outcome.BOUND, 4000, 1000).losesHits()).isFalse();
    }

    @Test
    void aSessionInTheBodyLosesHitsLikeAnyOtherAndAnAddressHasNone() {
        assertThat(decision(KeySource.BODY_SESSION, Outcome.MOVED, 4000, 1000).losesHits())
                .isTrue();
        assertThat(decision(KeySource.CLIENT_IP, Outcome.MOVED, 4000, 1000).losesHits())
                .isFalse();
    }

    @Test
    void noMoreIsPredictedThanTheResponseSaysThatThePromptHad() {
        RoutingDecision decision = decision(Outcome.BOUND, 0, 4000);

        assertThat(decision.predictedTokens(null)).isEqualTo(4000);
        assertThat(decision.predictedTokens(new UsageReport(4500, 10, 4000L))).isEqualTo(4000);
        assertThat(decision.predictedTokens(new UsageReport(3900, 10, 3888L))).isEqualTo(3900);
    }

    private static RoutingDecision decision(Outcome outcome, long left, long taken) {
        return decision(KeySource.SESSION, outcome, left, taken);
    }

    private static RoutingDecision decision(KeySource source, Outcome outcome, long left, long taken) {
        return new RoutingDecision(
                new RoutingRequest(AffinityKey.none(1), PromptBlocks.EMPTY),
                TAKEN,
                source,
                outcome,
                5000,
                5000 - taken,
                taken,
                List.of(candidate(LEFT, left, true), candidate(TAKEN, taken, false)),
                Remember.NOTHING,
                null,
                null);
    }

    private static Candidate candidate(Endpoint endpoint, long matched, boolean bound) {
        return new Candidate(
                endpoint, matched, 5000 - matched, 0, 0, 0, 0, 0, bound, null, new Cost(0, 0, 0, 0, 0, 0, 0), null);
    }
}
