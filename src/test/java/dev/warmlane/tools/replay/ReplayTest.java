package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.tools.replay.PolicyMaker.NamedPolicy;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.replay.load.PoissonLoad.SharedPrefixLoad;
import dev.warmlane.tools.replay.load.SessionLoad.MultiTurnLoad;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayTest {
    private static final ReplaySettings SETTINGS = ReplaySettings.of(4, 200_000);
    private static final Load CONVERSATIONS = new MultiTurnLoad(40, 8, 1024, 2048, 200, 5, 1).read();

    private static PolicyResult run(Load load, ReplaySettings settings, String policy) {
        return new Replay(load, settings, NamedPolicy.parse(policy), share -> {}).run();
    }

    @ParameterizedTest
    @ValueSource(strings = {"expected-cost", "sticky", "consistent-hash", "least-requests", "round-robin", "random"})
    void everyPolicyAnswersEverythingAndDoesSoTheSameWayAgain(String policy) {
        PolicyResult result = run(CONVERSATIONS, SETTINGS, policy);
        assertThat(result.answered()).isEqualTo(40 * 8);
        assertThat(run(CONVERSATIONS, SETTINGS, policy)).isEqualTo(result);
    }

    @Test
    void anotherSeedIsAnotherRun() {
        assertThat(run(CONVERSATIONS, SETTINGS.withSeed(2), "random"))
                .isNotEqualTo(run(CONVERSATIONS, SETTINGS, "random"));
    }

    @Test
    void aLoneRequestTakesWhatTheEngineModelSays() {
        Load one = new Load("one", List.of(new LoadRequest(5, 0, 1000, 11, new long[] {1}, null)));
        PolicyResult result = run(one, SETTINGS, "round-robin");
        double prefill = 7e-3 + 1000 * 45e-6 + 1.2e-9 * 1000 * 500;
        double decode = 7e-3 + 10e-6 + 52e-9 * 1004.5;
        assertThat(result.ttft().mean()).isCloseTo(prefill, within(1e-6));
        assertThat(result.tpot().mean()).isCloseTo(decode, within(1e-6));
        assertThat(result.e2e().mean()).isCloseTo(prefill + 10 * decode, within(1e-6));
        assertThat(result.hitRatio()).isZero();
        assertThat(result.stickiness()).isNull();
        assertThat(result.withinSlo()).isEqualTo(1);
    }

    @Test
    void aLaterTurnFindsTheAnswerBeforeItInTheCache() {
        Load load = new MultiTurnLoad(1, 2, 0, 1024, 520, 1, 1).read();
        PolicyResult result = run(load, SETTINGS, "expected-cost");
        assertThat(result.deliveredTokens()).isEqualTo(1024 + 512);
        assertThat(result.shareOfInfiniteCache()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(KeySource.class)
    void everyKeySourceWorks(KeySource key) {
        assertThat(run(CONVERSATIONS, SETTINGS.withKey(key), "expected-cost").answered())
                .isEqualTo(320);
    }

    @Test
    void requestsOfALostEndpointStartAgainElsewhere() {
        Scenario lost = Scenario.of("--remove=7");
        PolicyResult result = run(CONVERSATIONS, SETTINGS.withScenario(lost), "expected-cost");
        assertThat(result.lost()).isPositive();
        assertThat(result.answered()).isEqualTo(320);
        assertThat(result.refused()).isZero();
    }

    @Test
    void restartsOneByOneLoseCachesAndNoRequest() {
        Scenario restarts = Scenario.of("--restart-each=4");
        PolicyResult result = run(CONVERSATIONS, SETTINGS.withScenario(restarts), "expected-cost");
        assertThat(result.answered()).isEqualTo(320);
        assertThat(result.hitRatio())
                .isLessThan(run(CONVERSATIONS, SETTINGS, "expected-cost").hitRatio() - 0.1);
    }

    @Test
    void requestsThatFindNoEndpointAreRefusedAndTheirSessionsGoOn() {
        ReplaySettings one = ReplaySettings.of(1, 200_000).withScenario(Scenario.of("--remove=3"));
        PolicyResult result = run(CONVERSATIONS, one, "expected-cost");
        assertThat(result.refused()).isPositive();
        assertThat(result.answered() + result.refused()).isEqualTo(320);
    }

    @Test
    void expectedCostSendsLessToASlowEndpoint() {
        Load load = new SharedPrefixLoad(100, 1, 0, 4096, 100, 8, 800, 1).read();
        ReplaySettings slow = SETTINGS.withScenario(Scenario.of("--slow=0=4"));
        assertThat(run(load, slow, "expected-cost").ttft().mean())
                .isLessThan(run(load, slow, "round-robin").ttft().mean() / 2);
    }

    @Test
    void aMinuteAfterHalfOfTheEndpointsSlowedDownRequestsWaitAsIfTheyHadAlwaysBeenSlow() {
        Load load = new SharedPrefixLoad(150, 5, 6000, 1200, 1000, 8, 4000, 1).read();
        ReplaySettings eight = ReplaySettings.of(8, 400_000);
        Scenario always = Scenario.of("--slow=0=2,1=2,2=2,3=2", "--measure-from=310");
        Scenario later = Scenario.of("--slow=0=2,1=2,2=2,3=2", "--slow-from=250", "--measure-from=310");
        double known =
                run(load, eight.withScenario(always), "expected-cost").ttft().mean();
        double learned =
                run(load, eight.withScenario(later), "expected-cost").ttft().mean();
        double notSlow = run(load, eight.withScenario(Scenario.of("--measure-from=310")), "expected-cost")
                .ttft()
                .mean();
        assertThat(learned / known).isLessThan(1.15);
        assertThat(notSlow).as("it is slower").isLessThan(known / 1.15);
    }

    @Test
    void whatArrivesBeforeTheMeasurementFillsCachesOnly() {
        PolicyResult all = run(CONVERSATIONS, SETTINGS, "expected-cost");
        PolicyResult late = run(CONVERSATIONS, SETTINGS.withScenario(Scenario.of("--measure-from=5")), "expected-cost");
        assertThat(late.answered()).isEqualTo(all.answered());
        assertThat(late.hitRatio()).as("first turns are left out").isGreaterThan(all.hitRatio());
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1, 2})
    void predictionsComeTrueWhateverSizeTheIndexBelievesIn(double scale) {
        Load load = new MultiTurnLoad(120, 12, 1024, 2048, 400, 30, 1).read();
        ReplaySettings settings = ReplaySettings.of(4, 400_000).withScenario(Scenario.of("--index-scale=" + scale));
        PolicyResult result = run(load, settings, "expected-cost");
        assertThat(result.shareOfInfiniteCache())
                .as("caches are too small for all")
                .isLessThan(0.9);
        assertThat(result.predictedOverDelivered()).isBetween(0.9, 1.1);
    }

    @Test
    void aLoadThatDoesNotFitIsRefusedAtOnce() {
        assertThatThrownBy(() -> run(CONVERSATIONS, ReplaySettings.of(1, 10_000), "random"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("kv tokens: 10000 (expected: >= 19520, for the longest request)");
    }

    @Test
    void progressEndsAtAllOfIt() {
        List<Double> shares = new ArrayList<>();
        new Replay(CONVERSATIONS, SETTINGS, NamedPolicy.parse("random"), shares::add).run();
        assertThat(shares).hasSize(320).isSorted().endsWith(1.0);
    }
}
