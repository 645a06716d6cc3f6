package dev.warmlane.engines.pool;

import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All pools, in the order of the settings.
 *
 * @param all each with a name of its own
 */
public record Pools(List<Pool> all) implements AutoCloseable {
    public Pools {
        all = List.copyOf(all);
    }

    /** The pool of this name, or null. */
    public @Nullable Pool find(String name) {
        for (Pool pool : all) {
            if (pool.name().equals(name)) {
                return pool;
            }
        }
        return null;
    }

    /** @throws IllegalArgumentException if no pool has this name */
    public Pool get(String name) {
        Pool pool = find(name);
        if (pool == null) {
            throw new IllegalArgumentException("pool: %s (expected: one of %s)".formatted(name, names()));
        }
        return pool;
    }

    /** The names of all, separated by commas. */
    public String names() {
        return all.stream().map(Pool::name).collect(Collectors.joining(", "));
    }

    /** The endpoints of each as they are now; equal to a list taken before only if nothing has changed since. */
    public List<EndpointSnapshot> snapshots() {
        return all.stream().map(pool -> pool.endpoints().snapshot()).toList();
    }

    /** Starts to discover their endpoints. To be called once. */
    public void start() {
        all.forEach(pool -> pool.discovery().start());
    }

    /** Whether the endpoints of any pool have not been listed yet. */
    public boolean isSyncing() {
        return all.stream().anyMatch(pool -> pool.discovery().status().state() == DiscoveryStatus.State.SYNCING);
    }

    /** Stops discovering; endpoints that are known stay. */
    @Override
    public void close() {
        all.forEach(pool -> pool.discovery().close());
    }
}
