package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Failover to another endpoint before the first byte.
 *
 * @param maxRetries Maximum number of further endpoints that are tried for one request.
 * @param budget Maximum share of a pool's active requests, from 0 to 1, that may be retries after an error response, a
 *     timeout or an abort. Retries after failed connections do not count.
 * @param budgetMin Retries that are always allowed at once, whatever the budget.
 * @param backoff Maximum pause before a retry when the cause of the failure repeats. It doubles with each repetition; the
 *     actual pause is random.
 * @param maxBackoff Upper bound of the pause before a retry.
 * @param onTimeout Whether a request is retried at another endpoint after warmlane.upstream.response-timeout.
 * @param hold How long a stream's response headers are held back for its first token. Until then another endpoint can take
 *     over if the engine aborts or dies. 0s: not at all.
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
