package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Failover to another endpoint before the first byte.
 *
 * @param maxRetries further endpoints that one request may try
 * @param budget share of a pool's active requests, 0 to 1, that may at once be retries after a response of a struggling endpoint
 * @param budgetMin such retries that are always allowed at once
 * @param backoff longest pause before a retry whose cause repeats for the first time; doubles each time
 * @param maxBackoff longest pause before any retry
 * @param onTimeout whether a request goes to another endpoint when its response headers took too long
 * @param hold how long the headers of a stream wait for its first token, so that another endpoint can still take over
 */
public record RetrySettings(
        @DefaultValue("2") int maxRetries,
        @DefaultValue("0.2") double budget,
        @DefaultValue("3") int budgetMin,
        @DefaultValue("25ms") Duration backoff,
        @DefaultValue("250ms") Duration maxBackoff,
        @DefaultValue("false") boolean onTimeout,
        @DefaultValue("2s") Duration hold) {

    public RetrySettings {
        Check.atLeast("warmlane.retry.max-retries", maxRetries, 0);
        if (!(budget >= 0 && budget <= 1)) {
            throw new InvalidSettingException("warmlane.retry.budget", budget, "0 to 1");
        }
        Check.atLeast("warmlane.retry.budget-min", budgetMin, 0);
        Check.positive("warmlane.retry.backoff", backoff);
        if (maxBackoff.compareTo(backoff) < 0) {
            throw new InvalidSettingException(
                    "warmlane.retry.max-backoff", maxBackoff, "at least warmlane.retry.backoff");
        }
        if (hold.isNegative()) {
            throw new InvalidSettingException("warmlane.retry.hold", hold, "0s, or more, such as 2s");
        }
    }
}
