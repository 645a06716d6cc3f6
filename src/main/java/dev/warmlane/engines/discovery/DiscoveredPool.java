package dev.warmlane.engines.discovery;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.log.Counted;
import dev.warmlane.core.log.LogRateLimit;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the endpoints that a source lists into a pool, and logs each change in one line; of changes that never end, as of a pod that
 * comes and goes, some at once and then one in every ten seconds, with the number of those left out. For one thread at a time.
 */
final class DiscoveredPool {
    private static final Logger log = LoggerFactory.getLogger(DiscoveredPool.class);

    private static final int LINES_AT_ONCE = 10;
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final EndpointPool pool;
    private final LogRateLimit changes;
    private final LogRateLimit warnings;
    private int added;
    private int removed;
    private @Nullable DiscoveredEndpoints last;

    /** @param nanoTime the clock, as {@link System#nanoTime} */
    DiscoveredPool(EndpointPool pool, LongSupplier nanoTime) {
        this.pool = pool;
        this.changes = new LogRateLimit(LINES_AT_ONCE, INTERVAL, nanoTime);
        this.warnings = new LogRateLimit(LINES_AT_ONCE, INTERVAL, nanoTime);
    }

    /** Replaces the endpoints of the pool, if they have changed. If not, logs what they are now where the last line did not say so. */
    void apply(DiscoveredEndpoints now) {
        DiscoveredEndpoints before = last;
        if (now.equals(before)) {
            if (changes.hasLeftOut()) {
                log(now.endpoints(), 0);
            }
            return;
        }
        last = now;
        now.warnings().stream()
                .filter(warning -> before == null || !before.warnings().contains(warning))
                .forEach(this::warn);
        if (before == null || !now.endpoints().equals(before.endpoints())) {
            pool.replace(now.endpoints());
            count(ids(before == null ? List.of() : before.endpoints()), ids(now.endpoints()));
            log(now.endpoints(), 1);
        }
    }

    private void warn(String warning) {
        int leftOut = warnings.next();
        if (leftOut != LogRateLimit.LEFT_OUT) {
            log.warn(LogRateLimit.text("pool %s: %s".formatted(pool.name(), warning), leftOut));
        }
    }

    private void count(Set<EndpointId> before, Set<EndpointId> now) {
        added += (int) now.stream().filter(id -> !before.contains(id)).count();
        removed += (int) before.stream().filter(id -> !now.contains(id)).count();
    }

    /** @param newChanges beside those that were left out since the last line */
    private void log(List<Endpoint> now, int newChanges) {
        int leftOut = changes.next();
        if (leftOut == LogRateLimit.LEFT_OUT) {
            return;
        }
        String line = "pool %s: %s, %d ready, %d draining, %d unready (%d added, %d removed%s)"
                .formatted(
                        pool.name(),
                        Counted.of(now.size(), "endpoint"),
                        count(now, EndpointState.READY),
                        count(now, EndpointState.DRAINING),
                        count(now, EndpointState.UNREADY),
                        added,
                        removed,
                        leftOut == 0 ? "" : " by %d changes since the last such line".formatted(leftOut + newChanges));
        added = 0;
        removed = 0;
        log.info(line);
    }

    private static Set<EndpointId> ids(List<Endpoint> endpoints) {
        return endpoints.stream().map(Endpoint::id).collect(Collectors.toCollection(HashSet::new));
    }

    private static long count(List<Endpoint> endpoints, EndpointState state) {
        return endpoints.stream().filter(endpoint -> endpoint.state() == state).count();
    }

    /**
     * The endpoints that a source lists. Immutable.
     *
     * @param endpoints ordered by name, each id once
     * @param warnings what was left out and why, a sentence each, in a stable order
     */
    record DiscoveredEndpoints(List<Endpoint> endpoints, List<String> warnings) {
        DiscoveredEndpoints {
            endpoints = List.copyOf(endpoints);
            warnings = List.copyOf(warnings);
        }
    }
}
