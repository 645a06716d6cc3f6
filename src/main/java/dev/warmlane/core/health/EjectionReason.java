package dev.warmlane.core.health;

import java.util.Locale;

/** Why an endpoint was ejected. */
public enum EjectionReason {
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
