package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.engines.pool.Pool.PoolTargets;
import dev.warmlane.ops.actuator.EndpointStatus.EjectionStatus;
import dev.warmlane.ops.dashboard.ProblemCatalogue.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiagnosisTest {
    private final Diagnosis diagnosis = new Diagnosis();
    private final JudgedPool pool = new JudgedPool();

    private List<Problem> problems() {
        return diagnosis.of(pool.view());
    }

    private void assertOnly(String id, String value) {
        assertThat(problems()).containsExactly(new Problem(id, null, value));
    }

    @Test
    void nothingIsWrongWithAWarmPool() {
        pool.grew(PoolSum.REQUESTS, 1000)
                .grew(PoolSum.PROMPT_TOKENS, 2_000_000)
                .grew(PoolSum.DECISIONS, 1000)
                .grew(PoolSum.DECISIONS_BY_SESSION, 1000)
                .grew(PoolSum.SESSION_REQUESTS, 900)
                .grew(PoolSum.SESSION_REQUESTS_THAT_STAYED, 900)
                .grew(PoolSum.QUERIED_TOKENS, 2_000_000)
                .grew(PoolSum.HIT_TOKENS, 1_900_000)
                .grew(PoolSum.PREDICTED_TOKENS, 1_900_000)
                .grew(PoolSum.DELIVERED_TOKENS, 1_890_000);

        assertThat(problems()).isEmpty();
    }

    @Test
    void anIdlePoolIsNotJudged() {
        pool.hitRatioOfDay(0.9f).addresses(1);

        assertThat(problems()).isEmpty();
    }

    @Test
    void noEndpointCanTakeRequests() {
        pool.selectable(0);

        assertOnly("no-selectable-endpoint", null);
    }

    @Test
    void anOutageOfAllIsToldOnceThoughFailingEndpointsAreUsed() {
        pool.selectable(0).panic();

        assertOnly("no-selectable-endpoint", null);
    }

    @Test
    void aPoolPanics() {
        pool.panic();

        assertOnly("panic-mode", null);
    }

    @Test
    void requestsFail() {
        pool.grew(PoolSum.REQUESTS, 100).grew(PoolSum.FAILED, 2);

        assertOnly("errors", "2.0 %");
    }

    @Test
    void requestsAreTurnedAway() {
        pool.grew(PoolSum.REQUESTS, 100).grew(PoolSum.REJECTED, 5);

        assertOnly("rate-limited", "5.0 %");
    }

    @Test
    void firstTokensComeLate() {
        pool.streams(80, 20);

        // As measured, which is above the highest bucket.
        assertOnly("ttft-slow", "640.0 s");
    }

    @Test
    void aFewLateStreamsSayNothing() {
        pool.grew(PoolSum.REQUESTS, 1000).streams(10, 5);

        assertThat(problems()).isEmpty();
    }

    @Test
    void oneEndpointIsFarBusierThanTheOthers() {
        pool.grew(PoolSum.SAMPLES, 60).grew(PoolSum.IN_FLIGHT, 600).grew(PoolSum.MOST_IN_FLIGHT, 750);

        assertOnly("load-imbalance", "2.5");
    }

    @Test
    void oneOfFewRequestsHarmsNoEndpoint() {
        pool.grew(PoolSum.SAMPLES, 60).grew(PoolSum.IN_FLIGHT, 60).grew(PoolSum.MOST_IN_FLIGHT, 60);

        assertThat(problems()).isEmpty();
    }

    @Test
    void failuresAreNotRetried() {
        pool.grew(PoolSum.UNRETRIED, 1);

        assertOnly("retry-budget-exhausted", null);
    }

    @Test
    void requestsWait() {
        pool.grew(PoolSum.SAMPLES, 60).grew(PoolSum.QUEUED, 180);

        assertOnly("queue-growing", "3");
    }

    @Test
    void cachesHitLessThanTheirTarget() {
        pool.grew(PoolSum.QUERIED_TOKENS, 100_000).grew(PoolSum.HIT_TOKENS, 70_000);

        assertOnly("hit-ratio-low", "70.0 %");
    }

    @Test
    void cachesHitLessThanInTheLastDay() {
        pool.grew(PoolSum.QUERIED_TOKENS, 100_000)
                .grew(PoolSum.HIT_TOKENS, 70_000)
                .hitRatioOfDay(0.9f);

        assertThat(problems()).extracting(Problem::id).containsExactly("hit-ratio-low", "hit-ratio-fell");
    }

    @Test
    void sessionsMoveThoughThePolicyPromisesThatTheyStay() {
        pool.grew(PoolSum.SESSION_REQUESTS, 1000).grew(PoolSum.SESSION_REQUESTS_THAT_STAYED, 998);

        assertOnly("stickiness-low", "99.8 %");
    }

    @Test
    void sessionsMayMoveWhereThePolicyMovesThemAtAGain() {
        pool.targets(new PoolTargets(0.8, 2.0, null, 0.05))
                .grew(PoolSum.SESSION_REQUESTS, 1000)
                .grew(PoolSum.SESSION_REQUESTS_THAT_STAYED, 600)
                .grew(PoolSum.MOVES_LOSING_HITS, 40);

        assertThat(problems()).isEmpty();
    }

    @Test
    void movesLoseHits() {
        pool.targets(new PoolTargets(0.8, 2.0, null, 0.05))
                .grew(PoolSum.SESSION_REQUESTS, 1000)
                .grew(PoolSum.SESSION_REQUESTS_THAT_STAYED, 900)
                .grew(PoolSum.MOVES_LOSING_HITS, 60);

        assertOnly("moves-lose-hits", "6.0 %");
    }

    @Test
    void aPoolWithoutTargetsIsNotJudgedByThem() {
        pool.targets(new PoolTargets(null, null, null, null))
                .endpoint(0, endpoint -> endpoint.prefixCaching(false))
                .grew(PoolSum.QUERIED_TOKENS, 100_000)
                .hitRatioOfDay(0.9f)
                .streams(0, 100);

        assertThat(problems()).isEmpty();
    }

    @Test
    void predictedHitsAreNotDelivered() {
        pool.grew(PoolSum.PREDICTED_TOKENS, 100_000).grew(PoolSum.DELIVERED_TOKENS, 50_000);

        assertOnly("hits-not-delivered", "50.0 %");
    }

    @Test
    void requestsCarryNoSessionAndHitTooLittle() {
        pool.grew(PoolSum.DECISIONS, 100)
                .grew(PoolSum.DECISIONS_BY_SESSION, 40)
                .grew(PoolSum.QUERIED_TOKENS, 100_000)
                .grew(PoolSum.HIT_TOKENS, 10_000);

        assertThat(problems()).extracting(Problem::id).containsExactly("hit-ratio-low", "no-session-key");
    }

    @Test
    void requestsCarryNoSessionAndNeedNone() {
        pool.grew(PoolSum.DECISIONS, 100).grew(PoolSum.QUERIED_TOKENS, 100_000).grew(PoolSum.HIT_TOKENS, 95_000);

        assertThat(problems()).isEmpty();
    }

    @Test
    void allTrafficComesFromOneAddress() {
        pool.grew(PoolSum.DECISIONS, 100)
                .grew(PoolSum.DECISIONS_BY_ADDRESS, 100)
                .addresses(1);

        assertOnly("one-address", "one address");
    }

    @Test
    void severalAddressesAreSeveralClients() {
        pool.grew(PoolSum.DECISIONS, 100)
                .grew(PoolSum.DECISIONS_BY_ADDRESS, 100)
                .addresses(2);

        assertThat(problems()).isEmpty();
    }

    @Test
    void promptsAreShorterThanABlock() {
        pool.grew(PoolSum.REPORTED_PROMPTS, 100).grew(PoolSum.TOKENS_OF_REPORTED_PROMPTS, 1_200);

        assertOnly("prompts-below-block", "12 tokens");
    }

    @Test
    void promptsThatNoEngineGotAreNotShort() {
        pool.grew(PoolSum.REQUESTS, 1_000)
                .grew(PoolSum.REJECTED, 800)
                .grew(PoolSum.FAILED, 150)
                .grew(PoolSum.PROMPT_TOKENS, 5_000);

        assertThat(problems())
                .containsExactly(Problem.ofPool("errors", "15.0 %"), Problem.ofPool("rate-limited", "80.0 %"));
    }

    @Test
    void whatEnginesComputeForOtherGatewaysMakesNoPromptLonger() {
        pool.grew(PoolSum.REQUESTS, 100)
                .grew(PoolSum.REPORTED_PROMPTS, 100)
                .grew(PoolSum.TOKENS_OF_REPORTED_PROMPTS, 1_200)
                .grew(PoolSum.PROMPT_TOKENS, 3_000);

        assertOnly("prompts-below-block", "12 tokens");
    }

    @Test
    void enginesDiffer() {
        pool.endpoint(1, endpoint -> endpoint.version("0.28.0").blockSizeTokens(32));

        assertOnly("engines-differ", "2 versions of vLLM and 2 block sizes");
    }

    @Test
    void anEngineHasItsCacheOff() {
        pool.endpoint(0, endpoint -> endpoint.prefixCaching(false));

        assertThat(problems()).containsExactly(Problem.ofEndpoint("prefix-caching-off", "pod-0"));
    }

    @Test
    void anEngineIsFullAndQueues() {
        pool.endpoint(0, endpoint -> endpoint.kvCacheUsage(0.97).waiting(3));
        pool.endpoint(1, endpoint -> endpoint.kvCacheUsage(0.99).waiting(0));

        assertThat(problems()).containsExactly(new Problem("kv-cache-full", "pod-0", "97.0 %"));
    }

    @Test
    void anEndpointIsEjectedOrNotScraped() {
        pool.endpoint(
                0,
                endpoint -> endpoint.ejection(new EjectionStatus("connect", 1_000, 29_000L, 1, false))
                        .scrapeError("refused", 20_000));
        pool.endpoint(1, endpoint -> endpoint.scrapeError("timed out", 20_000));

        assertThat(problems())
                .containsExactly(
                        Problem.ofEndpoint("endpoint-ejected", "pod-0"), Problem.ofEndpoint("scrape-failing", "pod-1"));
    }

    @Test
    void aScrapeThatFailsOnceOrOfAnEndpointThatStartsIsNothing() {
        pool.endpoint(0, endpoint -> endpoint.scrapeError("closed early", 2_000));
        pool.endpoint(1, endpoint -> endpoint.scrapeError("refused", 20_000).unready());

        assertThat(problems()).isEmpty();
    }

    @Test
    void anEndpointThatJoinsIsJudgedOnceItHasBeenAskedForAWhile() {
        pool.grew(PoolSum.SECONDS, 60).endpoint(0, endpoint -> endpoint.neverScraped("timed out", 2_000));
        assertThat(problems()).isEmpty();

        pool.endpoint(0, endpoint -> endpoint.neverScraped("timed out", 11_000));
        assertThat(problems()).containsExactly(Problem.ofEndpoint("scrape-failing", "pod-0"));
    }

    @Test
    void aCertificateExpires() {
        pool.expiring("gateway");

        assertOnly("certificate-expiring", "A certificate of SSL bundle gateway");
    }

    @Test
    void kubernetesIsNotFollowed() {
        pool.discoveryStale();

        assertOnly("discovery-stale", null);
    }
}
