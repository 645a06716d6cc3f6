package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The health of one endpoint that discovery calls ready. Immutable; {@link HealthBook} makes one from another.
 * <pre>
 *            fails                     time over, or check passes again
 *   Healthy -------&gt; Ejected --------------------------------------------&gt; Probation
 *      ^               ^   ^                                                 |   |
 *      | load share 1  |   | fails                             request fails |   | request succeeds
 *      +------------ Starting &lt;----------------------------------------------)---+
 *                          +-------------------------------------------------+
 * </pre>
 * Times are readings of one monotonic clock in nanoseconds.
 */
public sealed interface EndpointHealth {

    /** Ejections in a row up to now, of which each lasts longer; those by failed health checks do not count. */
    int ejections();

    /** When it became so. */
    long sinceNanos();

    /** Whether its server has probably gone meanwhile, and its cache with it. */
    default boolean cacheLost() {
        return false;
    }

    /**
     * It takes all requests that come.
     *
     * @param sinceNanos when it came, or came back
     */
    record Healthy(int ejections, long sinceNanos) implements EndpointHealth {}

    /**
     * It is new or has come back, so it takes a part of an equal load that grows with time.
     *
     * @param sinceNanos when it came, or came back
     */
    record Starting(int ejections, long sinceNanos) implements EndpointHealth {}

    /**
     * It takes no requests.
     *
     * @param reason why
     * @param untilNanos when it will be on probation, unless its check fails meanwhile
     * @param checkFailed whether its check has failed since: then it comes back when that passes again, whatever the time
     */
    record Ejected(
            EjectionReason reason,
            int ejections,
            long sinceNanos,
            long untilNanos,
            boolean checkFailed,
            boolean cacheLost)
            implements EndpointHealth {

        /** How long it is out, in nanoseconds, as far as can be said. */
        long lengthNanos() {
            return checkFailed ? Long.MAX_VALUE : untilNanos - sinceNanos;
        }
    }

    /**
     * It takes one request at a time until one of them succeeds or fails. One that is on its way for too long keeps no other
     * from trying.
     *
     * @param reason why it was ejected before
     * @param sinceNanos when it was ejected
     * @param trial the endpoint as in the snapshot by which the request was decided that is on its way and will tell; null if
     *     none is
     * @param trialNanos when that was sent, or 0
     */
    record Probation(
            EjectionReason reason,
            int ejections,
            long sinceNanos,
            @Nullable Endpoint trial,
            long trialNanos,
            boolean cacheLost)
            implements EndpointHealth {

        boolean taken() {
            return trial != null;
        }

        /** Whether it is this request's. The snapshot is another one once a request was on its way for too long. */
        @SuppressWarnings("ReferenceEquality") // as they say the same
        boolean takenBy(Endpoint endpoint) {
            return trial == endpoint;
        }

        Probation taken(Endpoint endpoint, long nowNanos) {
            return new Probation(reason, ejections, sinceNanos, endpoint, nowNanos, cacheLost);
        }

        Probation free() {
            return new Probation(reason, ejections, sinceNanos, null, 0, cacheLost);
        }
    }

    /** Why an endpoint was ejected. */
    enum EjectionReason {
        /** It failed several requests in a row. */
        CONSECUTIVE_FAILURES,
        /** It failed too many of its latest requests. */
        SUCCESS_RATE,
        /** It failed the one request that was to bring it back. */
        PROBATION_FAILED,
        /** Its own health check failed. */
        HEALTH_CHECK,
        /** An operator said so. */
        OPERATOR;

        /** The name in endpoints, metric labels and log lines, lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
