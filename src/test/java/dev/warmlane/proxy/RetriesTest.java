package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.proxy.NamedModels.NamedModel;
import dev.warmlane.settings.UpstreamSettings.RetrySettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RetriesTest {
    private final AtomicLong nanos = new AtomicLong();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    @Test
    void allowsAsManyAsTheSettingSays() {
        Retries retries = retries(2, 10, false);
        RoutedExchange routed = RoutedExchanges.over("http://a:1", "http://b:1", "http://c:1", "http://d:1");
        routed.attempts().next(FailureCause.OTHER);
        for (int i = 0; i < 2; i++) {
            assertThat(retries.allow(routed, FailureCause.CONNECT)).isTrue();
            routed.attempts().next(FailureCause.CONNECT);
        }

        assertThat(retries.allow(routed, FailureCause.CONNECT)).isFalse();
        assertThat(routed.attempts().isRetryDiscouraged()).isTrue();
    }

    @Test
    void goesToAnotherServerAndNotToAnotherRank() {
        RoutedExchange routed = RoutedExchanges.over("http://a:1", "http://b:1");
        List.of("http://a:1", "http://b:1")
                .forEach(uri -> routed.pool().endpoints().ranks(new EndpointId(uri), 2));
        Retries retries = retries(3, 10, false);
        Dispatch first = Objects.requireNonNull(routed.attempts().next(FailureCause.OTHER));
        assertThat(retries.allow(routed, FailureCause.CONNECT)).isTrue();
        Dispatch second = Objects.requireNonNull(routed.attempts().next(FailureCause.CONNECT));

        assertThat(second.endpoint().server()).isNotEqualTo(first.endpoint().server());
        assertThat(routed.attempts().retries()).isEqualTo(1);
        assertThat(retries.allow(routed, FailureCause.CONNECT)).isFalse();
    }

    @Test
    void allowsNoneWhereThePoolHasNoOther() {
        RoutedExchange routed = sent("http://a:1");

        assertThat(retries(2, 10, false).allow(routed, FailureCause.CONNECT)).isFalse();
        routed.attempts().giveUp(FailureCause.CONNECT);
        assertThat(routed.attempts().isRetryDiscouraged())
                .as("nothing was repeated, so the client may")
                .isFalse();
    }

    @ParameterizedTest
    @EnumSource(names = {"UNAVAILABLE", "ABORT", "OTHER", "TIMEOUT"})
    void answersOfStrugglingEndpointsNeedRoomInTheBudget(FailureCause cause) {
        Retries retries = retries(2, 1, true);
        assertThat(retries.allow(sent("http://a:1", "http://b:1"), cause)).isTrue();
        RoutedExchange second = sent("http://a:1", "http://b:1");

        assertThat(retries.allow(second, cause)).isFalse();
        assertThat(second.attempts().isRetryDiscouraged()).isTrue();
        assertThat(meters.get("warmlane.retry.budget.exhausted").counter().count())
                .isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"CONNECT", "RESET"})
    void deadEndpointsNeedNone(FailureCause cause) {
        assertThat(retries(2, 0, false).allow(sent("http://a:1", "http://b:1"), cause))
                .isTrue();
    }

    @Test
    void aRequestTakesItsPartOnceAndGivesItBackWhenItEnds() {
        Retries retries = retries(2, 1, false);
        RoutedExchange first = sent("http://a:1", "http://b:1", "http://c:1");
        assertThat(retries.allow(first, FailureCause.UNAVAILABLE)).isTrue();
        assertThat(retries.allow(first, FailureCause.UNAVAILABLE)).isTrue();
        RoutedExchange second = sent("http://a:1", "http://b:1");
        assertThat(retries.allow(second, FailureCause.UNAVAILABLE)).isFalse();

        first.finish(false);

        assertThat(retries.allow(second, FailureCause.UNAVAILABLE)).isTrue();
    }

    @Test
    void givesItsPartBackWhenTheNextEndpointIsDead() {
        Retries retries = retries(2, 1, false);
        RoutedExchange first = sent("http://a:1", "http://b:1", "http://c:1");
        assertThat(retries.allow(first, FailureCause.UNAVAILABLE)).isTrue();
        assertThat(retries.allow(first, FailureCause.CONNECT)).isTrue();

        assertThat(retries.allow(sent("http://a:1", "http://b:1"), FailureCause.UNAVAILABLE))
                .isTrue();
    }

    @Test
    void aRequestWhoseClientLeftTakesNothing() {
        Retries retries = retries(2, 1, false);
        RoutedExchange left = sent("http://a:1", "http://b:1");
        left.finish(true);
        retries.allow(left, FailureCause.UNAVAILABLE);

        assertThat(retries.allow(sent("http://a:1", "http://b:1"), FailureCause.UNAVAILABLE))
                .isTrue();
    }

    @Test
    void lateHeadersAreRetriedOnlyWhereTheSettingSaysSo() {
        RoutedExchange routed = sent("http://a:1", "http://b:1");

        assertThat(retries(2, 1, false).allow(routed, FailureCause.TIMEOUT)).isFalse();
        assertThat(routed.attempts().isRetryDiscouraged()).isTrue();
        assertThat(retries(2, 1, true).allow(sent("http://a:1", "http://b:1"), FailureCause.TIMEOUT))
                .isTrue();
    }

    @Test
    void pausesOnlyWhenTheCauseRepeats() {
        Retries retries = retries(9, 1, false);
        RoutedExchange routed = sent("http://a:1");

        assertThat(retries.pause(routed, FailureCause.CONNECT)).isZero();
        assertThat(retries.pause(routed, FailureCause.UNAVAILABLE)).isZero();
        assertThat(retries.pause(routed, FailureCause.UNAVAILABLE)).isEqualTo(Duration.ofNanos(12_500_000));
        assertThat(retries.pause(routed, FailureCause.UNAVAILABLE)).isEqualTo(Duration.ofMillis(25));
        assertThat(retries.pause(routed, FailureCause.CONNECT)).isZero();
    }

    @Test
    void whatOneEndpointDoesAloneNeedsNoBudget() {
        Retries retries = retries(2, 1, false);
        nanos.addAndGet(Duration.ofSeconds(11).toNanos());
        for (int i = 0; i < 100; i++) {
            assertThat(retries.allow(sent("http://a:1", "http://b:1"), FailureCause.UNAVAILABLE))
                    .isTrue();
        }
        retries.allow(sent("http://c:1"), FailureCause.ABORT);

        assertThat(retries.allow(sent("http://a:1", "http://b:1"), FailureCause.UNAVAILABLE))
                .isTrue();
        assertThat(retries.allow(sent("http://a:1", "http://b:1"), FailureCause.UNAVAILABLE))
                .isFalse();
    }

    @ParameterizedTest
    @EnumSource(
            value = FailureCause.class,
            names = {"UNAVAILABLE", "FULL", "ABORT", "NO_MODEL"})
    void givesUpAResponseThatAnotherModelOfTheNameCanReplace(FailureCause cause) {
        Retries retries = retries(2, 10, false);
        NamedModel chat = new NamedModel("chat", List.of(), 0, null, 0);
        RoutedExchange named = RoutedExchanges.over(chat, "http://a:1", "http://b:1");
        named.attempts().next(FailureCause.OTHER);
        assertThat(retries.giveUp(named, cause)).isTrue();
        assertThat(named.attempts().isFallingBack())
                .as("another endpoint comes first")
                .isFalse();
        named.attempts().next(cause);

        assertThat(retries.possible(named)).isTrue();
        assertThat(retries.giveUp(named, cause)).isTrue();
        assertThat(named.attempts().isFallingBack()).isTrue();
        assertThat(retries.giveUp(sent("http://a:1"), cause)).isFalse();
    }

    /** As in a storm: another endpoint has just failed. */
    private Retries retries(int maxRetries, int budgetMin, boolean onTimeout) {
        RetrySettings settings = new RetrySettings(
                maxRetries, 0, budgetMin, Duration.ofMillis(25), Duration.ofMillis(250), onTimeout, Duration.ZERO);
        Retries retries = new Retries(
                settings, new ProxyMetrics(meters, new Pools(List.of())), () -> 0.5, nanos::get, named -> true);
        retries.allow(sent("http://other:1"), FailureCause.UNAVAILABLE);
        return retries;
    }

    private static RoutedExchange sent(String... endpoints) {
        RoutedExchange routed = RoutedExchanges.over(endpoints);
        routed.attempts().next(FailureCause.OTHER);
        return routed;
    }
}
