package dev.warmlane.ops.actuator;

import dev.warmlane.core.vllm.PrefixCacheCounters;
import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.engines.probe.EndpointReport;
import dev.warmlane.metrics.GatewayMeter;
import org.jspecify.annotations.Nullable;

/** What engines count, from zero at their start. */
enum EngineCounter {
    QUERIED_TOKENS(GatewayMeter.ENGINE_QUERIED_TOKENS),
    HIT_TOKENS(GatewayMeter.ENGINE_HIT_TOKENS),
    PROMPT_TOKENS(GatewayMeter.ENGINE_PROMPT_TOKENS),
    GENERATION_TOKENS(GatewayMeter.ENGINE_GENERATION_TOKENS),
    PREEMPTIONS(GatewayMeter.ENGINE_PREEMPTIONS);

    private final GatewayMeter meter;

    EngineCounter(GatewayMeter meter) {
        this.meter = meter;
    }

    GatewayMeter meter() {
        return meter;
    }

    /** The count in a report; null where the engine does not say. */
    @Nullable
    Long in(EndpointReport report) {
        VllmMetrics metrics = report.metrics();
        if (metrics == null) {
            return null;
        }
        PrefixCacheCounters prefixCache = metrics.prefixCache();
        return switch (this) {
            case QUERIED_TOKENS -> prefixCache == null ? null : (Long) prefixCache.queriedTokens();
            case HIT_TOKENS -> prefixCache == null ? null : (Long) prefixCache.hitTokens();
            case PROMPT_TOKENS -> metrics.promptTokens();
            case GENERATION_TOKENS -> metrics.generationTokens();
            case PREEMPTIONS -> metrics.preemptions();
        };
    }
}
