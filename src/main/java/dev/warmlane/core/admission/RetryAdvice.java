package dev.warmlane.core.admission;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When those who are refused should come back: once the line as it is now will have been served at the observed rate, and up
 * to half as long again, so that they do not come back all at once. Between 100 ms and 60 s; beyond that OpenAI's clients
 * ignore the advice.
 */
final class RetryAdvice {
    private static final double LEAST_MILLIS = 100;
    private static final double MOST_MILLIS = 60_000;

    private final ServiceRate rate;
    private final Duration whenUnknown;
    private final RandomGenerator random;

    /** @param whenUnknown the advice while nothing has been seen to end */
    RetryAdvice(ServiceRate rate, Duration whenUnknown, RandomGenerator random) {
        this.rate = rate;
        this.whenUnknown = whenUnknown;
        this.random = random;
    }

    Duration after(int waiting) {
        double perSecond = rate.perSecond();
        double millis = perSecond > 0 ? 1000 * (waiting + 1) / perSecond : whenUnknown.toMillis();
        double spread = Math.max(LEAST_MILLIS, millis) * (1 + random.nextDouble() / 2);
        return Duration.ofMillis((long) Math.min(MOST_MILLIS, spread));
    }
}
