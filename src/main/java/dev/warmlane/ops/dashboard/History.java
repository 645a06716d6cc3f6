package dev.warmlane.ops.dashboard;

import dev.warmlane.ops.dashboard.History.Resolution;
import dev.warmlane.ops.dashboard.History.Subject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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

        /** A pool as a whole. */
        public static Subject ofPool(String pool) {
            return new Subject(pool, null);
        }

        /** Whether it is a pool as a whole. */
        public boolean isPool() {
            return endpoint == null;
        }
    }

    /** How far back the history goes, and how finely. */
    public enum Resolution {
        HOUR("1h", Duration.ofSeconds(10), 360),
        DAY("24h", Duration.ofMinutes(2), 720),
        WEEK("7d", Duration.ofMinutes(15), 672);

        private final String label;
        private final Duration step;
        private final int points;

        Resolution(String label, Duration step, int points) {
            this.label = label;
            this.step = step;
            this.points = points;
        }

        /** What it is called in a request: 1h, 24h or 7d. */
        public String label() {
            return label;
        }

        /** The time from one point to the next. */
        public Duration step() {
            return step;
        }

        /** How many points are kept. */
        public int points() {
            return points;
        }

        /** How many points are kept of this subject: a pool's week can be compared with the one before. */
        int points(Subject subject) {
            return this == WEEK && subject.isPool() ? 2 * points : points;
        }

        /** @throws IllegalArgumentException if none is called so */
        public static Resolution ofLabel(String label) {
            for (Resolution resolution : values()) {
                if (resolution.label.equals(label.toLowerCase(Locale.ROOT))) {
                    return resolution;
                }
            }
            throw new IllegalArgumentException("range: %s (expected: 1h, 24h or 7d)".formatted(label));
        }
    }

    /** The history at one resolution. Not thread-safe. */
    static final class Tier {
        private final Resolution resolution;
        private final Map<Subject, Track> tracks = new HashMap<>();

        Tier(Resolution resolution) {
            this.resolution = resolution;
        }

        Map<Subject, Track> tracks() {
            return tracks;
        }

        Resolution resolution() {
            return resolution;
        }

        /** Notes the sums of now: the running step's figures are those from its start to now. */
        void record(Subject subject, List<Figure> figures, double[] sums, long epochSecond) {
            long step = epochSecond / resolution.step().toSeconds();
            Track track =
                    tracks.computeIfAbsent(subject, of -> new Track(figures.size(), resolution.points(subject), step));
            double[] start = track.stepStart();
            if (start == null) {
                track.begin(step, sums);
                return;
            }
            float[] values = new float[figures.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = figures.get(i).over(start, sums);
            }
            if (step > track.lastStep()) {
                // What happened since the last reading belongs to the step that ends with this one.
                track.put(track.lastStep(), values);
                track.begin(step, sums);
            } else {
                track.put(track.lastStep(), values);
            }
        }

        /** The points of a subject up to now, oldest first, one array a figure; null if it is unknown. */
        float @Nullable [][] points(Subject subject, long epochSecond) {
            Track track = tracks.get(subject);
            if (track == null) {
                return null;
            }
            long last = epochSecond / resolution.step().toSeconds();
            float[][] points = new float[track.figureCount()][resolution.points()];
            for (int figure = 0; figure < points.length; figure++) {
                for (int i = 0; i < resolution.points(); i++) {
                    points[figure][i] = track.at(figure, last - resolution.points() + 1 + i);
                }
            }
            return points;
        }

        /** Forgets who has had nothing recorded for as long as this resolution reaches. */
        void forget(long epochSecond) {
            long oldest = epochSecond / resolution.step().toSeconds() - resolution.points();
            tracks.values().removeIf(track -> track.lastStep() <= oldest);
        }
    }

    /** One subject's figures at one step, a ring of as many points as the step keeps. Not thread-safe. */
    static final class Track {
        private final float[][] figures;
        private double @Nullable [] stepStart;
        private long lastStep;

        /**
         * An empty track.
         *
         * @param firstStep the step it begins in
         */
        Track(int figureCount, int points, long firstStep) {
            figures = new float[figureCount][points];
            for (float[] values : figures) {
                Arrays.fill(values, Float.NaN);
            }
            lastStep = firstStep;
        }

        long lastStep() {
            return lastStep;
        }

        /** The sums at the start of the step that runs; null where nothing has been recorded since this process started. */
        double @Nullable [] stepStart() {
            return stepStart;
        }

        /**
         * Begins a step that is later than the one before; those between stay without figures. Where it is the same, because the
         * process started anew within it, what was known of it stays until more is known.
         */
        void begin(long step, double[] sums) {
            int points = figures[0].length;
            for (long skipped = Math.max(lastStep + 1, step - points); skipped < step; skipped++) {
                put(skipped, null);
            }
            if (step > lastStep) {
                put(step, null);
            }
            lastStep = step;
            stepStart = sums;
        }

        /** Makes these the figures of a step; null for none. */
        void put(long step, float @Nullable [] values) {
            for (int i = 0; i < figures.length; i++) {
                set(i, step, values == null ? Float.NaN : values[i]);
            }
        }

        /** Makes this one figure of a step. */
        void set(int figure, long step, float value) {
            figures[figure][(int) (step % figures[figure].length)] = value;
        }

        /** One figure at one step; NaN outside of what is kept. */
        float at(int figure, long step) {
            int points = figures[0].length;
            return step > lastStep || step <= lastStep - points ? Float.NaN : figures[figure][(int) (step % points)];
        }

        int figureCount() {
            return figures.length;
        }
    }
}
