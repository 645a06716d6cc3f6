package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.core.routing.RoutingDecision.Candidate.Cost;
import java.net.URI;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class EndpointSpeedsTest {
    private static final Endpoint FAST = endpoint("fast");
    private static final Endpoint SLOW = endpoint("slow");

    private final AtomicLong nanos = new AtomicLong();
    private final EndpointSpeeds speeds = new EndpointSpeeds(nanos::get);
    private final SplittableRandom random = new SplittableRandom(1);

    private static Endpoint endpoint(String name) {
        return new Endpoint(new EndpointId(name), name, URI.create("http://" + name), EndpointState.READY);
    }

    @Test
    void startsWithTheSameForAll() {
        assertThat(speeds.relative(FAST.id())).isEqualTo(1);
        assertThat(speeds.secondsPerToken() * 32_768).isCloseTo(1.5, within(1e-9));
    }

    @Test
    void findsOutThatOneTakesTwiceAsLong() {
        serve(60, FAST, 1);
        serve(60, SLOW, 2);
        assertThat(speeds.relative(SLOW.id()) / speeds.relative(FAST.id())).isCloseTo(2, within(0.4));
    }

    @Test
    void takesWhatIsAboutEqualForEqual() {
        for (int i = 0; i < 200; i++) {
            serve(1, FAST, 1);
            serve(1, SLOW, 1.15);
        }
        assertThat(speeds.relative(FAST.id())).isEqualTo(1);
        assertThat(speeds.relative(SLOW.id())).isEqualTo(1);
    }

    @Test
    void learnsWhatATokenOfAnotherModelTakes() {
        serve(200, FAST, 8);
        serve(200, SLOW, 8);
        assertThat(speeds.secondsPerToken() / EndpointSpeeds.PRIOR_SECONDS).isBetween(6.0, 9.0);
        assertThat(speeds.relative(FAST.id())).isEqualTo(1);
    }

    @Test
    void followsASpeedThatChangesWithinAMinute() {
        serve(300, FAST, 1);
        serve(300, SLOW, 2);
        // A request a second at each.
        for (int second = 0; second < 60; second++) {
            serve(1, FAST, 1);
            serve(1, SLOW, 1);
        }
        assertThat(speeds.relative(SLOW.id())).isEqualTo(1);
        for (int second = 0; second < 60; second++) {
            serve(1, FAST, 1);
            serve(1, SLOW, 3);
        }
        assertThat(speeds.relative(SLOW.id()) / speeds.relative(FAST.id())).isGreaterThan(2.2);
    }

    @Test
    void takesOneThatIsNotHeardOfForTheAverage() {
        serve(100, FAST, 1);
        serve(100, SLOW, 6);
        nanos.addAndGet(600_000_000_000L);
        assertThat(speeds.relative(SLOW.id())).isEqualTo(1);
    }

    @Test
    void aFewHangsChangeLittle() {
        for (int i = 0; i < 200; i++) {
            serve(1, FAST, 1);
            serve(1, SLOW, i % 20 == 0 ? 1000 : 1);
        }
        assertThat(speeds.relative(SLOW.id())).isLessThan(1.5);
    }

    @Test
    void forgetsAnEndpointThatLeft() {
        serve(60, FAST, 1);
        serve(60, SLOW, 4);
        speeds.retire(SLOW.id());
        assertThat(speeds.relative(SLOW.id())).isEqualTo(1);
        assertThat(speeds.relative(FAST.id())).isEqualTo(1);
        assertThat(speeds.secondsPerToken()).isCloseTo(EndpointSpeeds.PRIOR_SECONDS, within(2e-5));
    }

    @Test
    void learnsNothingWithoutTime() {
        speeds.firstToken(seen(SLOW), 8000, 0);
        assertThat(speeds.secondsPerToken()).isEqualTo(EndpointSpeeds.PRIOR_SECONDS);
    }

    /** Lets an endpoint answer requests, each up to a quarter sooner or later than it should. */
    private void serve(int requests, Endpoint endpoint, double slow) {
        for (int i = 0; i < requests; i++) {
            nanos.addAndGet(500_000_000);
            double tokens = 1000 + 4000 * (1 + (8000 - 2000) / 37_500.0) + 20_000 / 500.0 + 200;
            double seconds = slow * tokens * EndpointSpeeds.PRIOR_SECONDS * (0.75 + 0.5 * random.nextDouble());
            speeds.firstToken(seen(endpoint), 8000, (long) (1e9 * seconds));
        }
    }

    private static Candidate seen(Endpoint endpoint) {
        return new Candidate(
                endpoint, 4000, 4000, 1000, 3, 20_000, 0, 0, false, null, new Cost(0, 0, 0, 0, 0, 0, 0), null);
    }
}
