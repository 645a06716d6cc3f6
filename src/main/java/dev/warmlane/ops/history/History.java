package dev.warmlane.ops.history;

import dev.warmlane.ops.history.Tier.Track;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The figures of pools and endpoints at every {@link Resolution}. About 7 KB for each figure of each subject. Safe for
 * concurrent use; recording and reading take one lock, which is held for microseconds.
 */
public final class History {
    private final List<Figure> poolFigures;
    private final List<Figure> endpointFigures;
    private final int maxSubjects;
    private final Map<Resolution, Tier> tiers = new EnumMap<>(Resolution.class);

    /**
     * An empty history.
     *
     * @param poolFigures what is kept of a pool
     * @param endpointFigures what is kept of an endpoint
     * @param maxSubjects pools and endpoints that are kept at most, those that left included; beyond it, those that left first
     *     go first; at least 1
     */
    public History(List<Figure> poolFigures, List<Figure> endpointFigures, int maxSubjects) {
        this.poolFigures = List.copyOf(poolFigures);
        this.endpointFigures = List.copyOf(endpointFigures);
        this.maxSubjects = maxSubjects;
        for (Resolution resolution : Resolution.values()) {
            tiers.put(resolution, new Tier(resolution));
        }
    }

    /** What is kept of the subject. */
    public List<Figure> figures(Subject subject) {
        return subject.isPool() ? poolFigures : endpointFigures;
    }

    /**
     * Notes the sums of everybody who is there now.
     *
     * @param epochSecond now
     * @param sums never changed afterwards
     */
    public synchronized void record(long epochSecond, Map<Subject, double[]> sums) {
        for (Tier tier : tiers.values()) {
            sums.forEach((subject, values) -> tier.record(subject, figures(subject), values, epochSecond));
            tier.forget(epochSecond);
            while (tier.tracks().size() > maxSubjects) {
                tier.tracks().entrySet().stream()
                        .min(Comparator.<Map.Entry<Subject, Track>, Boolean>comparing(
                                        entry -> sums.containsKey(entry.getKey()))
                                .thenComparing(entry -> entry.getValue().lastStep()))
                        .ifPresent(oldest -> tier.tracks().remove(oldest.getKey()));
            }
        }
    }

    /**
     * The points of a subject, oldest first, the last one that of the step that runs; NaN where there is nothing.
     *
     * @return one array for each figure, by its name; null if the subject is unknown
     */
    public synchronized @Nullable Map<String, float[]> points(
            Subject subject, Resolution resolution, long epochSecond) {
        float[][] points = tier(resolution).points(subject, epochSecond);
        if (points == null) {
            return null;
        }
        Map<String, float[]> byName = new LinkedHashMap<>();
        List<Figure> figures = figures(subject);
        for (int i = 0; i < points.length; i++) {
            byName.put(figures.get(i).name(), points[i]);
        }
        return byName;
    }

    /** Everybody there is anything of at this resolution. */
    public synchronized List<Subject> subjects(Resolution resolution) {
        return new ArrayList<>(tier(resolution).tracks().keySet());
    }

    /** For the file, under the lock that the caller takes on this history. */
    Collection<Tier> tiers() {
        return tiers.values();
    }

    private Tier tier(Resolution resolution) {
        return Objects.requireNonNull(tiers.get(resolution));
    }

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
}
