package dev.warmlane.ops.history;

import dev.warmlane.ops.history.History.Resolution;
import dev.warmlane.ops.history.History.Subject;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The history at one resolution. Not thread-safe. */
final class Tier {
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
