package dev.warmlane.ops.dashboard;

import dev.warmlane.ops.history.History;
import dev.warmlane.ops.history.History.Subject;
import dev.warmlane.ops.history.Resolution;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The hit ratio of a pool's last day, from its history, which outlives the process. */
final class HitRatioOfDay {
    private static final float[] NONE = {};

    private HitRatioOfDay() {}

    /** From 0 to 1; NaN where there is none. */
    static float of(History history, String pool, long epochSecond) {
        return of(history.points(Subject.ofPool(pool), Resolution.DAY, epochSecond));
    }

    /** The ratios of its steps, each counted by its prompt tokens: a quiet night says less than a busy hour. */
    static float of(@Nullable Map<String, float[]> day) {
        if (day == null) {
            return Float.NaN;
        }
        float[] ratios = day.getOrDefault("hitRatio", NONE);
        float[] tokens = day.getOrDefault("promptTokensPerSecond", NONE);
        double hits = 0;
        double all = 0;
        for (int i = 0; i < Math.min(ratios.length, tokens.length); i++) {
            if (!Float.isNaN(ratios[i]) && !Float.isNaN(tokens[i])) {
                hits += (double) ratios[i] * tokens[i];
                all += tokens[i];
            }
        }
        return (float) (hits / all);
    }
}
