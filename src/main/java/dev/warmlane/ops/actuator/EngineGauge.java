package dev.warmlane.ops.actuator;

import dev.warmlane.engines.probe.EndpointReport;
import dev.warmlane.metrics.GatewayMeter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What engines say of their present state. */
enum EngineGauge {
    KV_CACHE_USAGE(GatewayMeter.ENGINE_KV_CACHE_USAGE, ""),
    KV_CACHE_CAPACITY(GatewayMeter.ENGINE_KV_CACHE_CAPACITY, ""),
    RUNNING(GatewayMeter.ENGINE_RUNNING_REQUESTS, ""),
    WAITING(GatewayMeter.ENGINE_WAITING_REQUESTS, ""),
    SCRAPE_AGE(GatewayMeter.ENGINE_SCRAPE_AGE, ""),
    HIT_RATIO_1M(GatewayMeter.ENGINE_HIT_RATIO, "1m"),
    HIT_RATIO_5M(GatewayMeter.ENGINE_HIT_RATIO, "5m"),
    HIT_RATIO_60M(GatewayMeter.ENGINE_HIT_RATIO, "60m");

    private final GatewayMeter meter;
    private final String window;

    EngineGauge(GatewayMeter meter, String window) {
        this.meter = meter;
        this.window = window;
    }

    GatewayMeter meter() {
        return meter;
    }

    /** The values of its labels: pool, endpoint, and the window where it is taken over one. */
    String[] labels(String pool, String endpoint) {
        return window.isEmpty() ? new String[] {pool, endpoint} : new String[] {pool, endpoint, window};
    }

    /**
     * The value in a report; NaN where the engine does not say.
     *
     * @param nowNanos the scraper's clock
     * @param unready whether nobody expects it to answer as yet, however long ago it did
     */
    double in(EndpointReport report, long nowNanos, boolean unready) {
        Number value = switch (this) {
            case KV_CACHE_USAGE -> report.load(nowNanos).kvCacheUsage();
            case KV_CACHE_CAPACITY -> report.load(nowNanos).capacityTokens();
            case RUNNING -> report.load(nowNanos).running();
            case WAITING -> report.load(nowNanos).waiting();
            case SCRAPE_AGE -> unready ? null : seconds(report.age(nowNanos));
            case HIT_RATIO_1M -> report.windows().lastMinute().hitRatio();
            case HIT_RATIO_5M -> report.windows().last5Minutes().hitRatio();
            case HIT_RATIO_60M -> report.windows().last60Minutes().hitRatio();
        };
        return value == null ? Double.NaN : value.doubleValue();
    }

    private static Double seconds(@Nullable Duration age) {
        return age == null ? Double.POSITIVE_INFINITY : age.toNanos() / 1e9;
    }
}
