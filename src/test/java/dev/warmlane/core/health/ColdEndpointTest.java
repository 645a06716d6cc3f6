package dev.warmlane.core.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ColdEndpointTest {
    private static final Endpoint OLD = Endpoint.ofUri(URI.create("http://old:1"));
    private static final Endpoint FRESH = Endpoint.ofUri(URI.create("http://fresh:1"));
    private static final HealthRules RULES = new HealthRules(
            false,
            1,
            0,
            1,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ZERO,
            1,
            1,
            Duration.ofSeconds(30));

    private long nanos;
    private final EndpointPool pool = new EndpointPool("p");
    private final PoolHealth health = new PoolHealth(pool, RULES, () -> nanos);

    @BeforeEach
    void oldOneIsThere() {
        health.caches().onCold(server -> true);
        pool.replace(List.of(OLD));
    }

    private EndpointState fresh() {
        return pool.snapshot().find(FRESH.id()).state();
    }

    @Test
    void thoseThatAGatewayFindsWhenItStartsAreNotHeldBack() {
        assertThat(pool.snapshot().selectable()).hasSize(1);
    }

    @Test
    void newOneGetsNothingUntilItsCacheIsFilled() {
        pool.replace(List.of(OLD, FRESH));
        assertThat(fresh()).isEqualTo(EndpointState.WARMING);
        assertThat(pool.snapshot().selectable()).extracting(Endpoint::id).containsExactly(OLD.id());
        health.caches().warmed(FRESH.id(), 1, true);
        assertThat(fresh()).isEqualTo(EndpointState.READY);
    }

    @Test
    void slowStartBeginsAsWarmAsTheCacheIs() {
        pool.replace(List.of(OLD, FRESH));
        nanos += Duration.ofSeconds(10).toNanos();
        health.caches().warmed(FRESH.id(), 0.5, true);
        assertThat(pool.snapshot().find(FRESH.id()).loadShare()).isEqualTo(0.5, within(1e-6));
    }

    @Test
    void slowStartBeginsNoLaterForACacheThatHoldsLittle() {
        pool.replace(List.of(OLD, FRESH));
        nanos += Duration.ofSeconds(10).toNanos();
        health.caches().warmed(FRESH.id(), 0.05, true);
        assertThat(pool.snapshot().find(FRESH.id()).loadShare()).isEqualTo(0.1, within(1e-6));
    }

    @Test
    void neverAreMoreHeldBackThanTakeRequests() {
        Endpoint third = Endpoint.ofUri(URI.create("http://third:1"));
        pool.replace(List.of(OLD, FRESH, third));
        assertThat(pool.snapshot().selectable()).extracting(Endpoint::id).containsExactly(OLD.id(), third.id());
        health.caches().warmed(FRESH.id(), 0, false);
        assertThat(pool.snapshot().selectable()).hasSize(3);
    }

    @Test
    void oneWhoseProcessWasGoneIsHeldBackAndIsBackWhenItHasAnswered() {
        pool.replace(List.of(OLD, FRESH));
        health.caches().warmed(FRESH.id(), 1, true);
        health.checks().failed(FRESH.id(), FailureCause.CONNECT, "refused", nanos);
        assertThat(fresh()).isEqualTo(EndpointState.EJECTED);
        health.checks().passed(FRESH.id(), nanos);
        assertThat(fresh()).isEqualTo(EndpointState.WARMING);
        health.caches().warmed(FRESH.id(), 1, true);
        assertThat(fresh()).isEqualTo(EndpointState.READY);
    }

    @Test
    void oneThatRefusesToBeFilledIsTriedLikeAnyThatComesBack() {
        pool.replace(List.of(OLD, FRESH));
        health.checks().failed(FRESH.id(), FailureCause.CONNECT, "refused", nanos);
        health.checks().passed(FRESH.id(), nanos);
        health.caches().warmed(FRESH.id(), 0, false);
        assertThat(fresh()).isEqualTo(EndpointState.PROBATION);
    }

    @Test
    void oneThatOnlyFailedRequestsHasItsCache() {
        pool.replace(List.of(OLD, FRESH));
        health.caches().warmed(FRESH.id(), 1, true);
        health.checks().failed(FRESH.id(), FailureCause.TIMEOUT, "timeout", nanos);
        health.checks().passed(FRESH.id(), nanos);
        assertThat(fresh()).isEqualTo(EndpointState.PROBATION);
    }

    @Test
    void oneThatWakesUpIsHeldBack() {
        pool.replace(List.of(OLD, FRESH));
        health.caches().warmed(FRESH.id(), 1, true);
        health.checks().sleeps(FRESH.id(), true);
        assertThat(fresh()).isEqualTo(EndpointState.SLEEPING);
        health.checks().sleeps(FRESH.id(), false);
        assertThat(fresh()).isEqualTo(EndpointState.WARMING);
    }

    @Test
    void nobodyIsAskedAboutWhatHasNothingToBeFilledWith() {
        health.caches().onCold(server -> false);
        pool.replace(List.of(OLD, FRESH));
        assertThat(fresh()).isEqualTo(EndpointState.STARTING);
    }

    @Test
    void nobodyIsHeldBackWhereNoOtherTakesRequests() {
        pool.replace(List.of(OLD, FRESH));
        pool.replace(List.of(FRESH));
        assertThat(pool.snapshot().selectable()).extracting(Endpoint::id).containsExactly(FRESH.id());
    }

    @Test
    void oneThatSaysThatItsProcessIsAnotherIsHeldBackAndForgotten() {
        List<String> told = new ArrayList<>();
        health.addListener(new HealthListener() {
            @Override
            public void restarted(Endpoint endpoint) {
                told.add(endpoint.name());
            }
        });
        pool.replace(List.of(OLD, FRESH));
        health.caches().warmed(FRESH.id(), 1, true);
        nanos += 10;
        health.caches().restarted(FRESH.id(), nanos - 5);
        assertThat(told).containsExactly(FRESH.name());
        assertThat(fresh()).isEqualTo(EndpointState.WARMING);
        health.caches().warmed(FRESH.id(), 0.5, true);
        assertThat(fresh()).isEqualTo(EndpointState.STARTING);
    }

    @Test
    void whatACheckHasSeenOfARestartIsNotNewsOnceItIsBack() {
        pool.replace(List.of(OLD, FRESH));
        health.caches().warmed(FRESH.id(), 1, true);
        nanos += 10;
        health.checks().failed(FRESH.id(), FailureCause.CONNECT, "refused", nanos);
        health.checks().passed(FRESH.id(), nanos);
        health.caches().warmed(FRESH.id(), 1, true);
        health.caches().restarted(FRESH.id(), nanos - 5);
        assertThat(fresh()).isEqualTo(EndpointState.READY);
    }

    @Test
    void oneThatIsEjectedWhileItRestartsComesBackWithAnEmptyCache() {
        pool.replace(List.of(OLD, FRESH));
        health.caches().warmed(FRESH.id(), 1, true);
        health.checks().failed(FRESH.id(), FailureCause.TIMEOUT, "timeout", nanos);
        nanos += 10;
        health.caches().restarted(FRESH.id(), nanos - 5);
        assertThat(fresh()).isEqualTo(EndpointState.EJECTED);
        health.checks().passed(FRESH.id(), nanos);
        assertThat(fresh()).isEqualTo(EndpointState.WARMING);
    }

    @Test
    void oneThatRestartsWhileItIsDrainedIsHeldBackWhenItIsPutBack() {
        pool.replace(List.of(OLD, FRESH));
        health.caches().warmed(FRESH.id(), 1, true);
        health.drains().here(FRESH.id(), new Drains.Drain(true, 1));
        nanos += 10;
        health.caches().restarted(FRESH.id(), nanos - 5);
        assertThat(fresh()).isEqualTo(EndpointState.DRAINED);
        health.drains().here(FRESH.id(), new Drains.Drain(false, 2));
        assertThat(fresh()).isEqualTo(EndpointState.WARMING);
    }

    @Test
    void eachThatIsAboutToEndIsToldOnce() {
        List<EndpointId> ending = new ArrayList<>();
        health.caches().onEnding(ending::add);
        Endpoint third = Endpoint.ofUri(URI.create("http://third:1"));
        pool.replace(List.of(OLD, third, FRESH.withState(EndpointState.DRAINING)));
        assertThat(ending).as("those that were not there before").isEmpty();
        pool.replace(List.of(OLD.withState(EndpointState.DRAINING), third, FRESH));
        pool.refresh();
        health.drains().here(third.id(), new Drains.Drain(true, 1));
        pool.refresh();
        assertThat(ending).containsExactly(OLD.id(), third.id());
    }
}
