package dev.warmlane.core.health;

import dev.warmlane.core.health.EndpointHealth.EjectionReason;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When an endpoint is ejected, and how it comes back.
 *
 * @param outliers whether endpoints are judged by their requests
 * @param consecutiveFailures failures in a row that eject, at least 1
 * @param successRate share of successes below which an endpoint is ejected, in [0, 1]
 * @param minRequests requests within the window from which on that share says anything, at least 1
 * @param window the time that it is taken over, more than zero
 * @param ejection how long the first ejection lasts; each further one in a row lasts this much longer
 * @param maxEjection how long it lasts at most
 * @param keepSessions ejections up to this long keep the bindings of sessions
 * @param checkFall health checks in a row that fail before an endpoint is ejected, at least 1
 * @param checkRise health checks in a row that pass before it is on probation, at least 1
 * @param slowStart how long an endpoint that is new or has come back takes to its full load; zero for at once
 */
public record HealthRules(
        boolean outliers,
        int consecutiveFailures,
        double successRate,
        int minRequests,
        Duration window,
        Duration ejection,
        Duration maxEjection,
        Duration keepSessions,
        int checkFall,
        int checkRise,
        Duration slowStart) {

    /** The load that a starting endpoint begins with. */
    private static final double FIRST_LOAD_SHARE = 0.1;

    /** Why an endpoint with this record is to be ejected now, or null if it is not. */
    @Nullable
    EjectionReason verdict(RequestRecord requests, long nowNanos) {
        if (requests.consecutiveFailures() >= consecutiveFailures) {
            return EjectionReason.CONSECUTIVE_FAILURES;
        }
        RequestRecord.Counts counts = requests.counts(nowNanos);
        return counts.requests() >= minRequests && counts.successRate() < successRate
                ? EjectionReason.SUCCESS_RATE
                : null;
    }

    /** How long the last of so many ejections in a row lasts. */
    long ejectionNanos(int ejections) {
        // By division, so that a long row cannot overflow.
        return ejections > maxEjection.toNanos() / ejection.toNanos()
                ? maxEjection.toNanos()
                : ejections * ejection.toNanos();
    }

    /** The part of an equal load that an endpoint may take this long after it began to start, in [0.1, 1]. */
    double loadShare(long startedForNanos) {
        if (startedForNanos >= slowStart.toNanos()) {
            return 1;
        }
        return FIRST_LOAD_SHARE + (1 - FIRST_LOAD_SHARE) * startedForNanos / slowStart.toNanos();
    }
}
