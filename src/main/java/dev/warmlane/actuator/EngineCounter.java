package dev.warmlane.actuator;

import dev.warmlane.scrape.EndpointReport;
import dev.warmlane.vllm.PrefixCacheCounters;
import dev.warmlane.vllm.VllmMetrics;
import org.jspecify.annotations.Nullable;

/** What engines count, from zero at their start. */
enum EngineCounter {
    QUERIED_TOKENS("prefix.cache.queried.tokens", "Prompt tokens looked up in the prefix cache"),
    HIT_TOKENS("prefix.cache.hit.tokens", "Prompt tokens found in the prefix cache"),
    PROMPT_TOKENS("prompt.tokens", "Prompt tokens processed"),
    GENERATION_TOKENS("generation.tokens", "Tokens generated"),
    PREEMPTIONS("preemptions", "Requests put back for want of KV blocks");

    private final String meterName;
    private final String description;

    EngineCounter(String name, String description) {
        this.meterName = "warmlane.engine." + name;
        this.description = description;
    }

    String meterName() {
        return meterName;
    }

    String description() {
        return description;
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
