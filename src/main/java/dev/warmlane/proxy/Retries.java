package dev.warmlane.proxy;

import dev.warmlane.core.health.FailureCause;
import dev.warmlane.settings.RetrySettings;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;

/** Says whether a failed attempt may be followed by another, and after what pause. Safe for concurrent use. */
final class Retries {
    private final RetrySettings settings;
    private final Backoff backoff;
    private final ProxyMetrics metrics;
    /** By the names of pools, which are fixed by the settings. */
    private final ConcurrentHashMap<String, RetryBudget> budgets = new ConcurrentHashMap<>();

    /** @param random uniform in [0, 1), from any thread */
    Retries(RetrySettings settings, ProxyMetrics metrics, DoubleSupplier random) {
        this.settings = settings;
        this.backoff = new Backoff(settings.backoff(), settings.maxBackoff(), random);
        this.metrics = metrics;
    }

    RetryBudget budget(String pool) {
        return budgets.computeIfAbsent(pool, name -> new RetryBudget(settings.budget(), settings.budgetMin()));
    }

    /** Whether there is another attempt left, whatever its cause would be. */
    boolean possible(RoutedExchange routed) {
        return routed.retries() < settings.maxRetries() && routed.hasAnother();
    }

    /**
     * Whether the attempt that failed may be followed by another. Takes the retry's part of the budget, where it needs one,
     * until its response begins.
     */
    boolean allow(RoutedExchange routed, FailureCause cause) {
        if (cause == FailureCause.TIMEOUT && !settings.onTimeout()) {
            routed.discourageRetry();
            return false;
        }
        if (!possible(routed)) {
            return false;
        }
        if (isOfDeadEndpoint(cause)) {
            routed.returnPermit();
            return true;
        }
        boolean allowed = routed.takePermit(budget(routed.pool().name()));
        if (!allowed) {
            routed.discourageRetry();
            metrics.retryBudgetExhausted(routed.pool().name());
        }
        return allowed;
    }

    /** The pause before the attempt that follows a failure: none unless its cause was that of the one before. */
    Duration pause(RoutedExchange routed, FailureCause cause) {
        return backoff.pause(routed.repetitions(cause));
    }

    /** Retries cannot bury an endpoint that is not there, and when one of four dies, a quarter of all requests need one. */
    private static boolean isOfDeadEndpoint(FailureCause cause) {
        return cause == FailureCause.CONNECT || cause == FailureCause.RESET;
    }
}
