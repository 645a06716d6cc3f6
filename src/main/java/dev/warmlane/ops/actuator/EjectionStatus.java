package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.Probation;
import org.jspecify.annotations.Nullable;

/**
 * Why an endpoint is out, and until when.
 *
 * @param reason what it was ejected for
 * @param forMillis time since then
 * @param remainingMillis time until it gets a request again; null while only a health check can tell, and on probation
 * @param inARow ejections in a row, this one included
 * @param probation whether the next request that it gets, or one on its way, tells if it is back
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record EjectionStatus(
        String reason, long forMillis, @Nullable Long remainingMillis, int inARow, boolean probation) {
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** Null for an endpoint that is not out. */
    static @Nullable EjectionStatus of(@Nullable EndpointHealth health, long nowNanos) {
        if (health instanceof Ejected ejected) {
            long remaining = Math.max(0, ejected.untilNanos() - nowNanos) / NANOS_PER_MILLI;
            return new EjectionStatus(
                    ejected.reason().label(),
                    (nowNanos - ejected.sinceNanos()) / NANOS_PER_MILLI,
                    ejected.checkFailed() ? null : remaining,
                    ejected.ejections(),
                    false);
        }
        if (health instanceof Probation probation) {
            return new EjectionStatus(
                    probation.reason().label(),
                    (nowNanos - probation.sinceNanos()) / NANOS_PER_MILLI,
                    null,
                    probation.ejections(),
                    true);
        }
        return null;
    }
}
