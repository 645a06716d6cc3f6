package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.health.HealthWatch.FailureCause;
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
     * @param taken whether a request is on its way that will tell
     * @param takenNanos when that was sent, or 0
     */
    record Probation(
            EjectionReason reason, int ejections, long sinceNanos, boolean taken, long takenNanos, boolean cacheLost)
            implements EndpointHealth {

        Probation takenAt(long nowNanos) {
            return new Probation(reason, ejections, sinceNanos, true, nowNanos, cacheLost);
        }

        Probation free() {
            return new Probation(reason, ejections, sinceNanos, false, 0, cacheLost);
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

    /** Is told when the health of an endpoint or a pool changes. Called by whatever thread brought the news; must not wait. */
    interface HealthListener {

        /** An endpoint changed from one kind of health to another, or was ejected anew. */
        default void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth now) {}

        /**
         * A health check of an endpoint has failed.
         *
         * @param inARow how many have, at least 1
         * @param silent whether no byte has come from the endpoint, on any connection, since the check began
         */
        default void checkFailed(Endpoint endpoint, FailureCause cause, int inARow, boolean silent) {}

        /**
         * A request to an endpoint or a check of it has failed, and that counts against it.
         *
         * @param why a few words without addresses or content
         */
        default void failed(Endpoint endpoint, String why) {}

        /**
         * Something about an endpoint is worth a line in the log.
         *
         * @param what what, such as "healthy again"
         * @param why a few words; null where there is nothing to say
         */
        default void noted(Endpoint endpoint, String what, @Nullable String why) {}

        /** Time has passed; about once a second. */
        default void ticked() {}

        /** A health check found that nobody listens at an endpoint. */
        default void refused(Endpoint endpoint) {}

        /** A request could not connect to an endpoint, or its connection broke. */
        default void lost(Endpoint endpoint) {}

        /** An endpoint is another process than before, which its checks have not seen. */
        default void restarted(Endpoint endpoint) {}

        /** The engine of an endpoint went to sleep, which empties its cache, or woke up. */
        default void slept(Endpoint endpoint, boolean asleep) {}

        /**
         * So few endpoints are healthy that all are used, or no longer so.
         *
         * @param healthy how many are
         * @param endpoints how many discovery calls ready
         */
        default void panic(boolean panic, int healthy, int endpoints) {}
    }
}
