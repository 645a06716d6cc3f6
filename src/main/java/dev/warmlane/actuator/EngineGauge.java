package dev.warmlane.actuator;

import dev.warmlane.scrape.EndpointReport;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What engines say of their present state. */
enum EngineGauge {
    KV_CACHE_USAGE("kv.cache.usage.ratio", "", "Share of KV blocks held by running requests"),
    KV_CACHE_CAPACITY("kv.cache.capacity.tokens", "", "Tokens that the KV cache holds"),
    RUNNING("running.requests", "", "Requests in the engine's batch"),
    WAITING("waiting.requests", "", "Requests queued in the engine"),
    SCRAPE_AGE("scrape.age.seconds", "", "Since the last scrape that succeeded; infinite if none has"),
    HIT_RATIO_1M("prefix.cache.hit.ratio", "1m", "Share of queried tokens found in the prefix cache"),
    HIT_RATIO_5M("prefix.cache.hit.ratio", "5m", "Share of queried tokens found in the prefix cache"),
    HIT_RATIO_60M("prefix.cache.hit.ratio", "60m", "Share of queried tokens found in the prefix cache");

    private final String meterName;
    private final String window;
    private final String description;

    EngineGauge(String name, String window, String description) {
        this.meterName = "warmlane.engine." + name;
        this.window = window;
        this.description = description;
    }

    String meterName() {
        return meterName;
    }

    /** The window it is taken over, as a label; empty for what has none. */
    String window() {
        return window;
    }

    String description() {
        return description;
    }

    /**
     * The value in a report; NaN where the engine does not say.
     *
     * @param nowNanos the scraper's clock
     */
    double in(EndpointReport report, long nowNanos) {
        Number value = switch (this) {
            case KV_CACHE_USAGE -> report.load().kvCacheUsage();
            case KV_CACHE_CAPACITY -> report.load().capacityTokens();
            case RUNNING -> report.load().running();
            case WAITING -> report.load().waiting();
            case SCRAPE_AGE -> seconds(report.age(nowNanos));
            case HIT_RATIO_1M -> report.windows().lastMinute().hitRatio();
            case HIT_RATIO_5M -> report.windows().last5Minutes().hitRatio();
            case HIT_RATIO_60M -> report.windows().last60Minutes().hitRatio();
        };
        return value == null ? Double.NaN : value.doubleValue();
    }

    private static double seconds(@Nullable Duration age) {
        return age == null ? Double.POSITIVE_INFINITY : age.toNanos() / 1e9;
    }
}
