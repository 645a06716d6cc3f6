package dev.warmlane.proxy;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.proxy.NamedModels.NamedModel;
import dev.warmlane.settings.UpstreamSettings.RetrySettings;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** Says whether a failed attempt may be followed by another, and after what pause. Safe for concurrent use. */
final class Retries {
    private final RetrySettings settings;
    private final Backoff backoff;
    private final ProxyMetrics metrics;
    /** By the names of pools, which are fixed by the settings. */
    private final ConcurrentHashMap<String, RetryBudget> budgets = new ConcurrentHashMap<>();
    /** By the same names. */
    private final ConcurrentHashMap<String, FailingEndpoints> failing = new ConcurrentHashMap<>();

    private final LongSupplier nanoClock;
    private final Predicate<NamedModel> hasFallback;

    /**
     * @param random uniform in [0, 1), from any thread
     * @param nanoClock elapsed time in nanoseconds
     * @param hasFallback whether a later model of a name could serve a request now; from any thread
     */
    Retries(
            RetrySettings settings,
            ProxyMetrics metrics,
            DoubleSupplier random,
            LongSupplier nanoClock,
            Predicate<NamedModel> hasFallback) {
        this.settings = settings;
        this.backoff = new Backoff(settings.backoff(), settings.maxBackoff(), random);
        this.metrics = metrics;
        this.nanoClock = nanoClock;
        this.hasFallback = hasFallback;
    }

    RetryBudget budget(String pool) {
        return budgets.computeIfAbsent(pool, name -> new RetryBudget(settings.budget(), settings.budgetMin()));
    }

    /** Whether there is another attempt left, whatever its cause would be: at another endpoint, or at one of the next model of a name. */
    boolean possible(RoutedExchange routed) {
        return possibleHere(routed) || canFallBack(routed);
    }

    private boolean possibleHere(RoutedExchange routed) {
        return routed.attempts().retries() < settings.maxRetries()
                && routed.attempts().hasAnother();
    }

    private boolean canFallBack(RoutedExchange routed) {
        NamedModel named = routed.named();
        return named != null && hasFallback.test(named);
    }

    /**
     * Whether a response is given up by which its endpoint says that it cannot serve the request: another endpoint is asked, as far as that
     * is allowed, or else the next model of the name that the client used.
     */
    boolean giveUp(RoutedExchange routed, FailureCause cause) {
        if (allow(routed, cause)) {
            return true;
        }
        boolean fallsBack = canFallBack(routed);
        if (fallsBack) {
            routed.attempts().fallBack();
        }
        return fallsBack;
    }

    /**
     * Whether the attempt that failed may be followed by another. The retry takes a place in the budget until its response begins. It
     * needs none after an endpoint that is dead, or that is the only one to have failed lately.
     */
    boolean allow(RoutedExchange routed, FailureCause cause) {
        if (cause == FailureCause.NO_MODEL) {
            // Nothing fails there, and the refusal has cost nothing.
            return possibleHere(routed);
        }
        Attempts attempts = routed.attempts();
        if (cause == FailureCause.TIMEOUT && !settings.onTimeout()) {
            attempts.discourageRetry();
            return false;
        }
        boolean alone = failsAlone(routed);
        if (!possibleHere(routed)) {
            return false;
        }
        if (alone || isOfDeadEndpoint(cause)) {
            attempts.returnPermit();
            return true;
        }
        boolean allowed = attempts.takePermit(budget(routed.pool().name()));
        if (!allowed) {
            attempts.discourageRetry();
            metrics.retryBudgetExhausted(routed.pool().name());
        }
        return allowed;
    }

    /** Whether a prefill leg that failed may be followed by another. If not, the endpoint of the response computes the prompt. */
    boolean allowPrefill(RoutedExchange routed, FailureCause cause) {
        if (routed.attempts().prefillRetries() >= settings.maxRetries()) {
            return false;
        }
        if (isOfDeadEndpoint(cause)
                || routed.attempts().takePermit(budget(routed.pool().name()))) {
            return true;
        }
        metrics.retryBudgetExhausted(routed.pool().name());
        return false;
    }

    /** Notes that the endpoint of an attempt has failed, and says whether no other has lately. */
    private boolean failsAlone(RoutedExchange routed) {
        EndpointId endpoint = routed.attempts().endpoint();
        return endpoint != null
                && failing.computeIfAbsent(routed.pool().name(), name -> new FailingEndpoints())
                        .failsAlone(endpoint.server(), nanoClock.getAsLong());
    }

    /** The pause before the attempt that follows a failure: none unless its cause was that of the one before. */
    Duration pause(RoutedExchange routed, FailureCause cause) {
        return backoff.pause(routed.attempts().repetitions(cause));
    }

    /** Retries cannot bury an endpoint that is not there, and when one of four dies, a quarter of all requests need one. */
    private static boolean isOfDeadEndpoint(FailureCause cause) {
        return cause == FailureCause.CONNECT || cause == FailureCause.RESET;
    }

    /**
     * The pause before an attempt whose cause repeats: random between zero and a ceiling that doubles each time, so that
     * requests that failed together do not come back together ("full jitter": M. Brooker, Exponential Backoff And Jitter, AWS
     * Architecture Blog, 2015).
     *
     * @param first the ceiling at the first repetition, more than zero
     * @param max the highest ceiling, at least the first
     * @param random uniform in [0, 1)
     */
    record Backoff(Duration first, Duration max, DoubleSupplier random) {
        /** Past this many doublings every ceiling is the highest. */
        private static final int MOST_DOUBLINGS = 20;

        /** @param repetitions how often the cause has repeated; none means no pause */
        Duration pause(int repetitions) {
            if (repetitions == 0) {
                return Duration.ZERO;
            }
            double doubled = (double) first.toNanos() * (1L << Math.min(repetitions - 1, MOST_DOUBLINGS));
            return Duration.ofNanos((long) (random.getAsDouble() * Math.min(doubled, (double) max.toNanos())));
        }
    }

    /**
     * Which endpoints of one pool have failed a request lately. What one endpoint does by itself is no storm: its requests are few,
     * there are others to take them, and it is ejected soon. Safe for concurrent use.
     */
    private static final class FailingEndpoints {
        private static final long LATELY_NANOS = Duration.ofSeconds(10).toNanos();

        /** When each failed last. Bounded by the endpoints that a pool has within the time. */
        private final Map<EndpointId, Long> failures = new ConcurrentHashMap<>();

        /** Notes a failure, and says whether no other endpoint has failed lately. */
        boolean failsAlone(EndpointId endpoint, long nowNanos) {
            failures.put(endpoint, nowNanos);
            failures.values().removeIf(last -> nowNanos - last > LATELY_NANOS);
            return failures.size() <= 1;
        }
    }
}
