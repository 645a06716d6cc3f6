package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.routing.PoolLoad.UsualLoad;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.core.routing.RoutingDecision.Candidate.Cost;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class UsualLoadTest {
    private static final Endpoint A = Endpoint.ofUri(URI.create("http://a"));
    private static final Endpoint B = Endpoint.ofUri(URI.create("http://b"));

    private final AtomicLong nanos = new AtomicLong();
    private final UsualLoad usual = new UsualLoad(nanos::get);

    private void look(long promptTokensOfA) {
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        usual.look(List.of(candidate(A, promptTokensOfA), candidate(B, 0)));
    }

    private static Candidate candidate(Endpoint endpoint, long promptTokens) {
        return new Candidate(
                endpoint, 0, 0, 0, 0, promptTokens, 0, 0, false, null, new Cost(0, 0, 0, 0, 0, 0, 0), null);
    }

    @Test
    void averagesOverAMinute() {
        for (int second = 0; second < 300; second++) {
            look(second % 10 == 0 ? 100_000 : 0);
        }
        assertThat(usual.promptTokens(A.id())).isCloseTo(10_000, within(1500L));
        assertThat(usual.promptTokens(B.id())).isZero();
        for (int second = 0; second < 60; second++) {
            look(0);
        }
        assertThat(usual.promptTokens(A.id())).isCloseTo(3_700, within(700L));
    }

    @Test
    void looksTenTimesASecondAtMost() {
        look(100_000);
        long before = usual.promptTokens(A.id());
        usual.look(List.of(candidate(A, 0), candidate(B, 0)));
        assertThat(usual.promptTokens(A.id())).isEqualTo(before).isPositive();
    }

    @Test
    void forgetsWhatLeft() {
        look(100_000);
        usual.retire(A.id());
        assertThat(usual.promptTokens(A.id())).isZero();
    }
}
