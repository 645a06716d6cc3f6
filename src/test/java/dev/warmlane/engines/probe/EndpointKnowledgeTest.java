package dev.warmlane.engines.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad;
import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.core.vllm.VllmMetricsReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class EndpointKnowledgeTest {
    private static final Duration MODELS_INTERVAL = Duration.ofSeconds(10);

    private final AtomicLong nanos = new AtomicLong();
    private final EndpointKnowledge knowledge = new EndpointKnowledge(nanos::get);

    @Test
    void keepsTheOldValuesWhileScrapesFailAndSaysHowOldTheyAre() {
        knowledge.learn(metrics(100, 40));
        nanos.addAndGet(3_000_000_000L);
        knowledge.metricsFailed("timeout");

        EndpointReport report = knowledge.report();
        assertThat(report.prefixCache()).isEqualTo(new PrefixCacheCounters(100, 40));
        assertThat(report.age(nanos.get())).isEqualTo(Duration.ofSeconds(3));
        assertThat(report.error()).isEqualTo("timeout");
    }

    @Test
    void isSilentSinceTheFirstAttemptAndThenSinceTheLastMetrics() {
        nanos.addAndGet(3_000_000_000L);
        knowledge.metricsFailed("refused");
        assertThat(knowledge.report().age(nanos.get())).isNull();
        assertThat(knowledge.report().silence(nanos.get())).isEqualTo(Duration.ofSeconds(3));

        knowledge.learn(metrics(100, 40));
        nanos.addAndGet(2_000_000_000L);
        assertThat(knowledge.report().silence(nanos.get())).isEqualTo(Duration.ofSeconds(2));
        assertThat(EndpointReport.NONE.silence(nanos.get())).isNull();
    }

    @Test
    void knowsEachRankByItself() {
        VllmMetrics both =
                VllmMetricsReader.read("""
                        vllm:prefix_cache_queries_total{engine="0"} 100.0
                        vllm:prefix_cache_hits_total{engine="0"} 10.0
                        vllm:prefix_cache_queries_total{engine="1"} 200.0
                        vllm:prefix_cache_hits_total{engine="1"} 100.0
                        """.getBytes(StandardCharsets.UTF_8)).orElseThrow();
        knowledge.learn(metrics(0, 0));
        knowledge.learnVersion("0.33.0");
        knowledge.learn(both);
        EndpointReport report = knowledge.report();
        assertThat(report.prefixCache()).isEqualTo(new PrefixCacheCounters(300, 110));
        assertThat(report.ofRank(1).prefixCache()).isEqualTo(new PrefixCacheCounters(200, 100));
        assertThat(report.ofRank(1).version()).isEqualTo("0.33.0");
        assertThat(report.ofRank(2).metrics()).isNull();
        assertThat(report.ofRank(2).version()).isEqualTo("0.33.0");
        knowledge.learn(metrics(400, 200));
        assertThat(knowledge.report().ranks()).isEmpty();
    }

    @Test
    void forgetsTheErrorOnceAScrapeSucceeds() {
        knowledge.metricsFailed("connection refused");
        knowledge.learn(metrics(100, 40));

        assertThat(knowledge.report().error()).isNull();
    }

    @Test
    void showsTheCountersAsTheServerReportsThemAlsoAfterARestart() {
        knowledge.learn(metrics(100, 40));
        knowledge.learn(metrics(110, 41));
        knowledge.learn(metrics(7, 3));

        EndpointReport report = knowledge.report();
        assertThat(report.prefixCache()).isEqualTo(new PrefixCacheCounters(7, 3));
        assertThat(report.windows().lastMinute()).isEqualTo(new PrefixCacheCounters(17, 4));
    }

    @Test
    void countersThatBeginAnewTellOfARestartOnce() {
        knowledge.learn(metrics(100, 40));
        nanos.addAndGet(1_000_000_000L);
        knowledge.learn(metrics(110, 41));
        assertThat(knowledge.takeRestart()).isNull();
        nanos.addAndGet(1_000_000_000L);
        knowledge.learn(metrics(7, 3));
        assertThat(knowledge.takeRestart()).isEqualTo(1_000_000_000L);
        assertThat(knowledge.takeRestart()).isNull();
    }

    @Test
    void aProcessThatBeganLaterTellsOfARestartWhateverItCounts() {
        String began = """
                process_start_time_seconds 1.79582337%d1e+09
                vllm:prompt_tokens_total{engine="0"} %d.0
                """;
        knowledge.learn(parse(began.formatted(1, 10)));
        knowledge.learn(parse(began.formatted(1, 5)));
        assertThat(knowledge.takeRestart()).as("the same process").isNull();
        knowledge.learn(parse(began.formatted(2, 20)));
        assertThat(knowledge.takeRestart()).isNotNull();
    }

    @Test
    void severalProcessesBehindOneAddressAreNoRestarts() {
        int found = 0;
        for (int scrape = 0; scrape < 20; scrape++) {
            knowledge.learn(scrape % 2 == 0 ? metrics(1000 + scrape, 0) : metrics(2000 + scrape, 0));
            found += knowledge.takeRestart() == null ? 0 : 1;
            nanos.addAndGet(1_000_000_000L);
        }
        assertThat(found).isEqualTo(1);
    }

    @Test
    void forgetsTheHitsOfBeforeOnceTheServerCachesNothing() {
        knowledge.learn(metrics(100, 40));
        knowledge.learn(metrics(500, 400));
        knowledge.learn(uncached(50));
        knowledge.learn(uncached(90));

        assertThat(knowledge.report().windows().last60Minutes()).isEqualTo(new PrefixCacheCounters(40, 0));
    }

    @Test
    void saysThatTheModelsFailedWhileTheMetricsDoNot() {
        knowledge.learnModels(List.of(new ModelCard("m", false, "{}")));
        knowledge.modelsFailed("HTTP 401");
        knowledge.learn(metrics(1, 1));

        assertThat(knowledge.report().error()).isEqualTo("/v1/models: HTTP 401");
        assertThat(knowledge.report().models()).containsExactly(new ModelCard("m", false, "{}"));
    }

    @Test
    void takesAModelsTurnAtFirstAndThenOncePerInterval() {
        assertThat(knowledge.takeModelsTurn(MODELS_INTERVAL, 0)).isTrue();
        assertThat(knowledge.takeModelsTurn(MODELS_INTERVAL, 0)).isFalse();
        nanos.addAndGet(MODELS_INTERVAL.toNanos());
        assertThat(knowledge.takeModelsTurn(MODELS_INTERVAL, 0)).isTrue();
    }

    @Test
    void knowsNothingAtFirst() {
        assertThat(knowledge.report())
                .usingRecursiveComparison()
                .ignoringFields("askedSinceNanos")
                .isEqualTo(EndpointReport.NONE);
        assertThat(EndpointReport.NONE.load()).isEqualTo(EndpointLoad.UNKNOWN);
        assertThat(EndpointReport.NONE.age(0)).isNull();
    }

    private static VllmMetrics parse(String exposition) {
        return VllmMetricsReader.read(exposition.getBytes(StandardCharsets.UTF_8))
                .orElseThrow();
    }

    private static VllmMetrics uncached(long promptTokens) {
        EndpointLoad load = new EndpointLoad(null, null, null, null, null, false);
        return new VllmMetrics(load, PrefixCacheCounters.NONE, null, promptTokens, null, null, false);
    }

    private static VllmMetrics metrics(long queriedTokens, long hitTokens) {
        return new VllmMetrics(
                EndpointLoad.UNKNOWN, new PrefixCacheCounters(queriedTokens, hitTokens), null, null, null, null, false);
    }
}
