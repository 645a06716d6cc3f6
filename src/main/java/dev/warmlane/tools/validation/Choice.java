package dev.warmlane.tools.validation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which pool and model are asked. */
final class Choice {
    private Choice() {}

    /**
     * The pool that serves the model; the only one where none is named.
     *
     * @throws CannotRunException if there is none, or none of its endpoints takes requests
     */
    static PoolReading pool(List<PoolReading> pools, @Nullable String model) {
        List<PoolReading> fitting = pools.stream()
                .filter(pool -> model == null || pool.serves(model))
                .toList();
        if (fitting.isEmpty()) {
            throw new CannotRunException("model: %s (expected: %s)".formatted(model, served(pools)));
        }
        if (model == null && fitting.size() > 1) {
            throw new CannotRunException(
                    "model: none for %d pools (expected: --model of %s)".formatted(fitting.size(), served(pools)));
        }
        PoolReading pool = fitting.get(0);
        if (pool.selectable() == 0) {
            throw new CannotRunException("pool %s: 0 of %d endpoints take requests (expected: >= 1)"
                    .formatted(pool.name(), pool.pods().size()));
        }
        return pool;
    }

    /** @throws CannotRunException if none is named and the pool has listed none */
    static String model(PoolReading pool, @Nullable String model) {
        String chosen = model == null ? pool.firstModel() : model;
        if (chosen == null) {
            throw new CannotRunException("pool %s: lists no model yet (expected: --model)".formatted(pool.name()));
        }
        return chosen;
    }

    private static List<String> served(List<PoolReading> pools) {
        return pools.stream()
                .flatMap(pool -> pool.pods().stream())
                .flatMap(pod -> pod.models().stream())
                .distinct()
                .toList();
    }
}
