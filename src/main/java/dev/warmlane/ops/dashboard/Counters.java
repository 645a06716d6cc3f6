package dev.warmlane.ops.dashboard;

import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.search.Search;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The counters and timers that samples read, found again only where a meter has come or gone since: a registry has thousands,
 * and each search passes all of them. For one thread.
 */
final class Counters {
    private final MeterRegistry registry;
    private final Map<Searched, List<Counter>> found = new HashMap<>();
    private final Map<Searched, Optional<Timer>> timers = new HashMap<>();
    private volatile boolean current;

    private record Searched(GatewayMeter meter, @Nullable String pool) {}

    Counters(MeterRegistry registry) {
        this.registry = registry;
        registry.config().onMeterAdded(added -> current = false);
        registry.config().onMeterRemoved(removed -> current = false);
    }

    /** All of a pool; null: of all, and of those that belong to none. */
    List<Counter> of(GatewayMeter meter, @Nullable String pool) {
        forgetOld();
        return found.computeIfAbsent(
                new Searched(meter, pool),
                searched -> List.copyOf(search(searched).counters()));
    }

    /** That of a pool; null while there is none, such as before its first stream. */
    @Nullable
    Timer timer(GatewayMeter meter, String pool) {
        forgetOld();
        return timers.computeIfAbsent(
                        new Searched(meter, pool),
                        searched -> Optional.ofNullable(search(searched).timer()))
                .orElse(null);
    }

    private void forgetOld() {
        if (!current) {
            current = true;
            found.clear();
            timers.clear();
        }
    }

    private Search search(Searched searched) {
        Search search = registry.find(searched.meter().meterName());
        return searched.pool() == null ? search : search.tag("pool", searched.pool());
    }
}
