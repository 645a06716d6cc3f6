package dev.warmlane.dashboard;

import dev.warmlane.actuator.PoolStatus;
import dev.warmlane.history.Figure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a pool when it is judged.
 *
 * @param status its endpoints as they are now
 * @param earlier its sums a minute ago, or since the start
 * @param now its sums
 * @param hitRatioOfDay the hit ratio over the last day; NaN where there is none
 * @param sources what else is asked
 */
record PoolView(PoolStatus status, double[] earlier, double[] now, float hitRatioOfDay, PoolSources sources) {
    private static final List<Figure> FIGURES = PoolSum.figures();

    /** How much a sum grew over the last minute. */
    double grown(PoolSum sum) {
        return now[sum.ordinal()] - earlier[sum.ordinal()];
    }

    /** A figure over the last minute; NaN where there is nothing to say. */
    float figure(String name) {
        for (Figure figure : FIGURES) {
            if (figure.name().equals(name)) {
                return figure.over(earlier, now);
            }
        }
        throw new IllegalArgumentException("figure: %s (expected: one of a pool)".formatted(name));
    }

    /** All figures over the last minute, null where there is nothing to say. */
    Map<String, @Nullable Float> figures() {
        Map<String, @Nullable Float> figures = new LinkedHashMap<>();
        for (Figure figure : FIGURES) {
            float value = figure.over(earlier, now);
            figures.put(figure.name(), Float.isNaN(value) ? null : value);
        }
        return figures;
    }
}
