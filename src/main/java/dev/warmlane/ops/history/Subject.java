package dev.warmlane.ops.history;

import org.jspecify.annotations.Nullable;

/**
 * Who the figures are of.
 *
 * @param pool the pool's name
 * @param endpoint the endpoint's id; null for the pool as a whole
 */
public record Subject(String pool, @Nullable String endpoint) {

    public static Subject ofPool(String pool) {
        return new Subject(pool, null);
    }

    public boolean isPool() {
        return endpoint == null;
    }
}
