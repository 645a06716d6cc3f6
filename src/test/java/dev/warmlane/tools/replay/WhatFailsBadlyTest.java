package dev.warmlane.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.tools.replay.PolicyMaker.NamedPolicy;
import dev.warmlane.tools.replay.load.AgentsLoad;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.replay.load.PoissonLoad.SharedPrefixLoad;
import dev.warmlane.tools.replay.load.SessionLoad.MultiTurnLoad;
import dev.warmlane.tools.replay.rules.EventsAlone;
import dev.warmlane.tools.replay.rules.FirstBlockHash;
import dev.warmlane.tools.replay.rules.ReleaseByLoad;
import dev.warmlane.tools.replay.rules.StaleScore;
import dev.warmlane.tools.replay.rules.StickyTable;
import dev.warmlane.tools.replay.rules.ThresholdMatch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rules that look reasonable, under the load that breaks them, and expected cost under the same load. */
class WhatFailsBadlyTest {
    private static final PolicyMaker EXPECTED_COST = NamedPolicy.parse("expected-cost");
    private static final ReplaySettings EIGHT = ReplaySettings.of(8, 400_000);
    private static final ReplaySettings FOUR = ReplaySettings.of(4, 400_000);

    private static PolicyResult run(Load load, ReplaySettings settings, PolicyMaker policy) {
        return new Replay(load, settings, policy, share -> {}).run();
    }

    @Test
    void theHashOfTheFirstBlockSendsASharedSystemPromptToOneEndpoint() {
        Load load = new MultiTurnLoad(200, 6, 2048, 1024, 200, 5, 1).read();
        PolicyResult rule = run(load, EIGHT, clock -> new FirstBlockHash());
        PolicyResult expectedCost = run(load, EIGHT, EXPECTED_COST);
        assertThat(rule.requestImbalance()).isEqualTo(8);
        assertThat(expectedCost.requestImbalance()).isLessThan(1.25);
        assertThat(expectedCost.ttft().mean()).isLessThan(rule.ttft().mean() / 100);
    }

    @Test
    void aLoadBoundWithoutSlackThrowsCachesAwayAtAFewRequestsAnEndpoint() {
        Load load = new MultiTurnLoad(24, 20, 2048, 1024, 300, 8, 1).read();
        PolicyResult withSlack = run(load, EIGHT, NamedPolicy.parse("consistent-hash"));
        PolicyResult without = run(load, EIGHT, NamedPolicy.parse("consistent-hash:slack-requests=0"));
        PolicyResult expectedCost = run(load, EIGHT, EXPECTED_COST);
        assertThat(without.hitRatio()).isLessThan(withSlack.hitRatio() - 0.08);
        assertThat(without.stickiness()).isLessThan(0.7);
        assertThat(expectedCost.hitRatio()).isGreaterThan(withSlack.hitRatio() - 0.01);
        assertThat(expectedCost.ttft().mean()).isLessThan(0.6 * without.ttft().mean());
    }

    @Test
    void stickyTablesScatterPrefixesThatSessionsShare() {
        Load load = new SharedPrefixLoad(75, 5, 6000, 1200, 1000, 7, 2000, 1).read();
        PolicyResult rule = run(load, FOUR, clock -> new StickyTable());
        PolicyResult expectedCost = run(load, FOUR, EXPECTED_COST);
        assertThat(rule.hitRatio()).isLessThan(expectedCost.hitRatio() - 0.15);
        assertThat(rule.ttft().mean()).isGreaterThan(10 * expectedCost.ttft().mean());
    }

    @Test
    void releasingSessionsByLoadThrowsCachesAway() {
        Load load = new MultiTurnLoad(32, 12, 1024, 4096, 200, 10, 1).read();
        PolicyResult rule = run(load, FOUR, clock -> new ReleaseByLoad());
        PolicyResult expectedCost = run(load, FOUR, EXPECTED_COST);
        assertThat(rule.hitRatio()).isLessThan(expectedCost.hitRatio() - 0.1);
        assertThat(rule.ttft().mean()).isGreaterThan(2 * expectedCost.ttft().mean());
    }

    @Test
    void aMatchThresholdPilesATenantOnOneEndpointAtLightLoad() {
        Load load = new SharedPrefixLoad(1, 400, 6000, 4000, 200, 6, 800, 1).read();
        PolicyResult rule = run(load, EIGHT, clock -> new ThresholdMatch());
        PolicyResult expectedCost = run(load, EIGHT, EXPECTED_COST);
        assertThat(rule.requestImbalance()).isGreaterThan(4);
        assertThat(expectedCost.requestImbalance()).isLessThan(2);
        assertThat(rule.ttft().mean()).isGreaterThan(3 * expectedCost.ttft().mean());
    }

    @Test
    void newSessionsSpreadAtLightLoadWhoeverHasTheirSystemPrompt() {
        Load load = new SharedPrefixLoad(1, 200, 6000, 400, 150, 5, 1500, 1).read();
        PolicyResult unshared = run(load, FOUR, NamedPolicy.parse("expected-cost:shared-uses=1e9"));
        PolicyResult expectedCost = run(load, FOUR, EXPECTED_COST);
        PolicyResult replicas =
                run(load, FOUR.withScenario(Scenario.of("--gateways=3", "--share-delay-ms=20")), EXPECTED_COST);
        assertThat(unshared.requestImbalance()).isGreaterThan(3);
        assertThat(expectedCost.requestImbalance()).isLessThan(1.2);
        assertThat(replicas.requestImbalance()).isLessThan(1.2);
        assertThat(expectedCost.hitRatio()).isGreaterThan(unshared.hitRatio() - 0.01);
        assertThat(expectedCost.ttft().mean()).isLessThan(0.85 * unshared.ttft().mean());
    }

    @Test
    void oneAddressOfManyUsersIsNoHotSpot() {
        Load load = new SharedPrefixLoad(10, 1_000_000, 6000, 100, 100, 16, 3000, 1).read();
        ReplaySettings settings = FOUR.withKey(KeySource.CLIENT_IP).withAddresses(1);
        for (String policy : List.of("expected-cost", "sticky")) {
            PolicyResult result = run(load, settings, NamedPolicy.parse(policy));
            assertThat(result.requestImbalance()).isLessThan(1.3);
            assertThat(result.shareOfOneCache()).isGreaterThan(0.97);
        }
    }

    @Test
    void agentsSpreadThoughAllHaveTheSameTools() {
        Load load = new AgentsLoad(20, 300, 1).read();
        ReplaySettings settings = ReplaySettings.of(8, 1_000_000);
        PolicyResult unshared = run(load, settings, NamedPolicy.parse("expected-cost:shared-uses=1e9"));
        PolicyResult expectedCost = run(load, settings, EXPECTED_COST);
        assertThat(expectedCost.computedImbalance()).isLessThan(unshared.computedImbalance() - 0.5);
        assertThat(expectedCost.ttft().mean()).isLessThan(0.85 * unshared.ttft().mean());
    }

    @Test
    void aHomeWhoseCacheIsGoneLosesToRoundRobin() {
        Load load = new MultiTurnLoad(40, 5, 6000, 1200, 1000, 10, 1).read();
        ReplaySettings tiny = ReplaySettings.of(8, 30_000);
        PolicyResult sticky = run(load, tiny, NamedPolicy.parse("sticky"));
        PolicyResult hash = run(load, tiny, NamedPolicy.parse("consistent-hash"));
        PolicyResult blind = run(load, tiny, NamedPolicy.parse("round-robin"));
        PolicyResult expectedCost = run(load, tiny, EXPECTED_COST);
        assertThat(sticky.ttft().mean()).isGreaterThan(1.5 * blind.ttft().mean());
        assertThat(expectedCost.ttft().mean()).isLessThan(1.15 * blind.ttft().mean());
        assertThat(expectedCost.ttft().mean()).isLessThan(0.5 * hash.ttft().mean());
        assertThat(expectedCost.hitRatio()).isGreaterThan(hash.hitRatio() - 0.01);
    }

    @Test
    void aScoreOnStaleGaugesGetsWorseWithTheirAge() {
        Load load = new SharedPrefixLoad(40, 5, 6000, 4000, 200, 12, 1200, 1).read();
        double expectedCost = run(load, EIGHT, EXPECTED_COST).ttft().mean();
        double fresh = staleScore(load, 0);
        double oneSecond = staleScore(load, 1);
        double fiveSeconds = staleScore(load, 5);
        assertThat(fresh).isLessThan(1.5 * expectedCost);
        assertThat(oneSecond).isGreaterThan(3 * fresh);
        assertThat(fiveSeconds).isGreaterThan(3 * oneSecond);
    }

    private static double staleScore(Load load, double seconds) {
        return run(load, EIGHT, clock -> new StaleScore(clock, seconds)).ttft().mean();
    }

    @Test
    void eventsAloneMissPromptsThatStillWait() {
        // Four questions on each document, one after the other within the time that its first prefill takes.
        List<LoadRequest> requests = new ArrayList<>();
        for (int document = 0; document < 60; document++) {
            for (int question = 0; question < 4; question++) {
                requests.add(question(document, question));
            }
        }
        Load load = new Load("questions on documents", requests);
        ReplaySettings settings = FOUR.withKey(KeySource.PROMPT_PREFIX);
        PolicyResult rule = run(load, settings, clock -> new EventsAlone(FOUR.kvTokens() / Load.BLOCK_SIZE_TOKENS));
        PolicyResult expectedCost = run(load, settings, EXPECTED_COST);
        assertThat(rule.hitRatio()).isLessThan(0.2);
        assertThat(expectedCost.hitRatio()).isGreaterThan(0.6);
        assertThat(rule.ttft().mean()).isGreaterThan(5 * expectedCost.ttft().mean());
    }

    private static LoadRequest question(int document, int question) {
        long[] blocks = new long[40];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = 1000L * document + i + (i < 38 ? 0 : 100 * (1 + question));
        }
        return new LoadRequest(
                1_000_000_000L * document + 200_000_000L * question,
                4 * document + question,
                blocks.length * Load.BLOCK_SIZE_TOKENS,
                100,
                blocks,
                null);
    }

    @Test
    void gatewaysThatKnowNothingOfEachOtherServeWorseThanOne() {
        Load load = new SharedPrefixLoad(40, 5, 6000, 4000, 200, 20, 1600, 1).read();
        PolicyResult one = run(load, EIGHT, EXPECTED_COST);
        PolicyResult three = run(load, EIGHT.withScenario(Scenario.of("--gateways=3")), EXPECTED_COST);
        assertThat(three.ttft().mean()).isGreaterThan(2 * one.ttft().mean());
        assertThat(three.hitRatio()).isLessThan(one.hitRatio() - 0.05);
    }
}
