package dev.warmlane.ops.actuator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.engines.probe.EndpointReport;
import dev.warmlane.engines.probe.PrefixCacheHistory.PrefixCacheWindows;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngineMetersTest {
    private static final String TAGS = "{endpoint=\"vllm-0\",pool=\"default\"} ";

    private final Engines engines = Engines.three();
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final EngineMeters meters = new EngineMeters(registry, engines.pools(), engines, () -> Engines.NOW_NANOS);

    @Test
    void exposesWhatAnEngineSaysUnderNamesWithUnits() {
        meters.refresh();

        assertThat(registry.scrape().lines())
                .contains(
                        "warmlane_engine_prefix_cache_queried_tokens_total" + TAGS + "1000.0",
                        "warmlane_engine_prefix_cache_hit_tokens_total" + TAGS + "250.0",
                        "warmlane_engine_preemptions_total" + TAGS + "3.0",
                        "warmlane_engine_kv_cache_usage_ratio" + TAGS + "0.25",
                        "warmlane_engine_kv_cache_capacity_tokens" + TAGS + "442432.0",
                        "warmlane_engine_running_requests" + TAGS + "2.0",
                        "warmlane_engine_waiting_requests" + TAGS + "1.0",
                        "warmlane_engine_scrape_age_seconds" + TAGS + "0.25",
                        "warmlane_engine_prefix_cache_hit_ratio{endpoint=\"vllm-0\",pool=\"default\",window=\"1m\"} 0.5",
                        "warmlane_engine_prefix_cache_hit_ratio{endpoint=\"vllm-0\",pool=\"default\",window=\"5m\"} 0.4",
                        "warmlane_engine_prefix_cache_hit_ratio{endpoint=\"vllm-0\",pool=\"default\",window=\"60m\"} 0.25");
    }

    @Test
    void doesNotInventWhatAnEngineHasNotSaid() {
        meters.refresh();

        assertThat(registry.scrape().lines().filter(line -> line.contains("endpoint=\"10.0.0.9:8000\"")))
                .contains(
                        "warmlane_engine_kv_cache_usage_ratio{endpoint=\"10.0.0.9:8000\",pool=\"default\"} NaN",
                        "warmlane_engine_scrape_age_seconds{endpoint=\"10.0.0.9:8000\",pool=\"default\"} NaN")
                .noneMatch(line -> line.startsWith("warmlane_engine_") && line.contains("_total"));
    }

    @Test
    void anEndpointThatWasNeverScrapedIsAsOldAsTheFirstAttempt() {
        meters.refresh();
        engines.say(
                new EndpointId("http://10.0.0.9:8000"),
                new EndpointReport(
                        null,
                        PrefixCacheWindows.NONE,
                        List.of(),
                        false,
                        null,
                        Engines.NOW_NANOS - 500_000_000L,
                        null,
                        "refused",
                        List.of()));

        assertThat(registry.scrape().lines())
                .contains("warmlane_engine_scrape_age_seconds{endpoint=\"10.0.0.9:8000\",pool=\"default\"} 0.5");
    }

    @Test
    void expectsNoAnswerOfAnUnreadyEndpoint() {
        meters.refresh();
        engines.replace(List.of(Engines.pod("uid-2", "vllm-1", EndpointState.UNREADY)));
        meters.refresh();

        assertThat(registry.scrape().lines())
                .contains("warmlane_engine_scrape_age_seconds{endpoint=\"vllm-1\",pool=\"default\"} NaN");
    }

    @Test
    void addsACounterOnceTheEngineHasSaidIt() {
        meters.refresh();
        engines.say(
                new EndpointId("http://10.0.0.9:8000"),
                new EndpointReport(
                        Engines.metrics(EndpointLoad.UNKNOWN, new PrefixCacheCounters(77, 7), null),
                        PrefixCacheWindows.NONE,
                        List.of(),
                        true,
                        null,
                        0L,
                        null));
        meters.refresh();

        assertThat(registry.scrape())
                .contains("warmlane_engine_prefix_cache_queried_tokens_total"
                        + "{endpoint=\"10.0.0.9:8000\",pool=\"default\"} 77.0");
    }

    @Test
    void removesEveryMeterOfAnEndpointThatIsGone() {
        meters.refresh();
        engines.replace(List.of(Engines.pod("uid-2", "vllm-1", EndpointState.READY)));
        meters.refresh();

        assertThat(registry.scrape()).contains("endpoint=\"vllm-1\"").doesNotContain("vllm-0", "10.0.0.9");

        engines.replace(List.of());
        meters.refresh();

        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void startsAnewForANewPodOfTheSameName() {
        meters.refresh();
        engines.replace(List.of(Engines.pod("uid-7", "vllm-0", EndpointState.READY)));
        engines.say(
                new EndpointId("uid-7"),
                new EndpointReport(
                        Engines.metrics(EndpointLoad.UNKNOWN, new PrefixCacheCounters(5, 1), null),
                        PrefixCacheWindows.NONE,
                        List.of(),
                        true,
                        null,
                        0L,
                        null));
        meters.refresh();

        assertThat(registry.scrape().lines())
                .contains("warmlane_engine_prefix_cache_queried_tokens_total" + TAGS + "5.0")
                .noneMatch(line -> line.startsWith("warmlane_engine_preemptions_total"));
    }
}
