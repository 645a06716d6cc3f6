package dev.warmlane.proxy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All pools, in the order of the settings.
 *
 * @param all at least one, each with a name of its own
 */
public record RoutedPools(List<RoutedPool> all) {
    public RoutedPools {
        all = List.copyOf(all);
    }

    /** The pool of this name, or null. */
    public @Nullable RoutedPool find(String name) {
        for (RoutedPool pool : all) {
            if (pool.name().equals(name)) {
                return pool;
            }
        }
        return null;
    }

    /** @throws IllegalArgumentException if no pool has this name */
    public RoutedPool get(String name) {
        RoutedPool pool = find(name);
        if (pool == null) {
            throw new IllegalArgumentException("pool: %s (expected: one of %s)".formatted(name, all));
        }
        return pool;
    }
}
