package dev.warmlane.engines.pool;

import dev.warmlane.core.routing.RoutingPolicy.Promise;
import dev.warmlane.settings.DashboardSettings;
import dev.warmlane.settings.PoolSettings;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a pool is judged by, on the page and by the alerts; null where it is not.
 *
 * @param hitRatio share of prompt tokens that caches should hold at least, in (0, 1]
 * @param ttftSeconds what nine of ten streams should not wait longer for
 * @param stickiness share of known sessions' requests that should go to their bound endpoint at least
 * @param losingHits share of known sessions' requests that may lose hits by moving
 */
public record PoolTargets(
        @Nullable Double hitRatio,
        @Nullable Double ttftSeconds,
        @Nullable Double stickiness,
        @Nullable Double losingHits) {
    private static final double STAYS = 0.999;
    private static final double LOSES = 0.05;

    /** Those that the settings give the pool, its own before the general ones, and those of its policy's promise. */
    static PoolTargets of(PoolSettings pool, DashboardSettings general, Promise promise) {
        double hitRatio = Objects.requireNonNullElse(pool.targetHitRatio(), general.targetHitRatio());
        Duration ttft = Objects.requireNonNullElse(pool.ttftTarget(), general.ttftTarget());
        return new PoolTargets(
                hitRatio == 0 ? null : (Double) hitRatio,
                ttft.isZero() ? null : (Double) (ttft.toMillis() / 1000.0),
                promise == Promise.STAYS ? (Double) STAYS : null,
                promise == Promise.MOVES_AT_A_GAIN ? (Double) LOSES : null);
    }
}
