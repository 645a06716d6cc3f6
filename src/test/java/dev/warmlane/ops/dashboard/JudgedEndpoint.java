package dev.warmlane.ops.dashboard;

import dev.warmlane.ops.actuator.EndpointStatus;
import dev.warmlane.ops.actuator.EndpointStatus.EjectionStatus;
import dev.warmlane.ops.actuator.EndpointStatus.HitRatios;
import dev.warmlane.ops.actuator.EndpointStatus.PrefixCacheStatus;
import dev.warmlane.ops.actuator.EndpointStatus.ScrapeStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An endpoint that is well, but for what a test says of it. */
final class JudgedEndpoint {
    private final String name;
    private String version = "0.10.0";
    private int blockSizeTokens = 16;
    private boolean prefixCaching = true;
    private double kvCacheUsage = 0.5;
    private long waiting;
    private @Nullable EjectionStatus ejection;
    private @Nullable String scrapeError;
    private @Nullable Long scrapeAgeMillis = 100L;
    private long silentMillis = 100;
    private boolean unready;
    private @Nullable Long tokens = 0L;

    JudgedEndpoint(String name) {
        this.name = name;
    }

    JudgedEndpoint version(String said) {
        version = said;
        return this;
    }

    JudgedEndpoint blockSizeTokens(int said) {
        blockSizeTokens = said;
        return this;
    }

    JudgedEndpoint prefixCaching(boolean said) {
        prefixCaching = said;
        return this;
    }

    JudgedEndpoint kvCacheUsage(double said) {
        kvCacheUsage = said;
        return this;
    }

    JudgedEndpoint waiting(long said) {
        waiting = said;
        return this;
    }

    JudgedEndpoint ejection(EjectionStatus why) {
        ejection = why;
        return this;
    }

    JudgedEndpoint scrapeError(String error, long forMillis) {
        scrapeError = error;
        scrapeAgeMillis = forMillis;
        silentMillis = forMillis;
        return this;
    }

    JudgedEndpoint neverScraped(String error, long forMillis) {
        scrapeError(error, forMillis);
        scrapeAgeMillis = null;
        return this;
    }

    /** Of its prompts and, as many, of its responses. */
    JudgedEndpoint tokens(@Nullable Long processed) {
        tokens = processed;
        return this;
    }

    JudgedEndpoint unready() {
        unready = true;
        return this;
    }

    static PrefixCacheStatus unusedCache() {
        return new PrefixCacheStatus(0L, 0L, new HitRatios(null, null, null, null));
    }

    EndpointStatus status() {
        return new EndpointStatus(
                "uid-of-" + name,
                name,
                "http://" + name + ":8000",
                null,
                null,
                unready ? "unready" : ejection == null ? "ready" : "ejected",
                1,
                null,
                ejection,
                unusedCache(),
                kvCacheUsage,
                0L,
                waiting,
                0,
                blockSizeTokens,
                1000L,
                prefixCaching,
                tokens,
                tokens,
                version,
                List.of("m"),
                new ScrapeStatus(scrapeAgeMillis, silentMillis, scrapeError));
    }
}
