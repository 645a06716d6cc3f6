package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.ops.dashboard.History.Resolution;
import dev.warmlane.ops.dashboard.History.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {
    private static final List<Figure> FIGURES =
            List.of(new Figure.Ratio("hitRatio", 0, 1), new Figure.Ratio("perSecond", 1, 2));
    private static final Subject POOL = Subject.ofPool("default");
    private static final long START = 1_800_000_000;

    private final History history = new History(FIGURES, FIGURES, 10);

    /** Ten tokens a second of which {@code hits} hit, for so many seconds, a reading every ten. */
    private double[] record(Subject subject, long from, int seconds, double hits, double[] sums) {
        double[] now = sums;
        for (long second = from; second <= from + seconds; second += 10) {
            history.record(second, Map.of(subject, now));
            now = new double[] {now[0] + 10 * hits, now[1] + 100, now[2] + 10};
        }
        return now;
    }

    private float[] points(Resolution resolution, String figure, long now) {
        return history.points(POOL, resolution, now).get(figure);
    }

    @Test
    void givesThePointsOfTheHour() {
        record(POOL, START, 600, 8, new double[3]);

        float[] points = points(Resolution.HOUR, "hitRatio", START + 600);

        assertThat(points).hasSize(360);
        assertThat(points[358]).isEqualTo(0.8f);
        assertThat(points[299]).isEqualTo(0.8f);
        assertThat(points[298]).isNaN();
    }

    @Test
    void coarserPointsAreRatiosOfSumsAndNoMeansOfRatios() {
        // A busy second of hits and a quiet one of misses within the same two minutes.
        history.record(START, Map.of(POOL, new double[] {0, 0, 0}));
        history.record(START + 50, Map.of(POOL, new double[] {900, 1000, 50}));
        history.record(START + 110, Map.of(POOL, new double[] {900, 1100, 110}));
        history.record(START + 120, Map.of(POOL, new double[] {900, 1100, 120}));

        assertThat(points(Resolution.DAY, "hitRatio", START + 120)[718]).isEqualTo((float) (900.0 / 1100));
        assertThat(points(Resolution.HOUR, "hitRatio", START + 120)[358]).isNaN();
    }

    @Test
    void aPoolsWeekCanBeComparedWithTheOneBefore() {
        long week = Duration.ofDays(7).toSeconds();
        double[] sums = new double[3];
        for (long second = START; second <= START + 2 * week - 3600; second += 900) {
            history.record(second, Map.of(POOL, sums));
            sums = new double[] {0, 0, sums[2] + 900};
        }
        long now = START + 2 * week - 3600;

        assertThat(points(Resolution.WEEK, "perSecond", now)[0]).isEqualTo(0);
        assertThat(points(Resolution.WEEK, "perSecond", now - week)[671]).isEqualTo(0);
        assertThat(points(Resolution.WEEK, "perSecond", now - week)[0]).isNaN();
    }

    @Test
    void leavesGapsWhereNothingWasRecorded() {
        record(POOL, START, 60, 8, new double[3]);
        record(POOL, START + 600, 60, 8, new double[] {1000, 2000, 600});

        float[] points = points(Resolution.HOUR, "perSecond", START + 660);

        assertThat(points[358]).isEqualTo(10);
        assertThat(points[330]).isNaN();
        assertThat(points[297]).isEqualTo(10);
    }

    @Test
    void forgetsWhatIsOlderThanItsReach() {
        record(POOL, START, 60, 8, new double[3]);
        Subject other = Subject.ofPool("other");
        record(other, START + 3 * 3600, 60, 8, new double[3]);

        assertThat(history.points(POOL, Resolution.HOUR, START + 3 * 3600)).isNull();
        assertThat(history.points(POOL, Resolution.DAY, START + 3 * 3600)).isNotNull();
    }

    @Test
    void keepsNoMoreSubjectsThanItMay() {
        for (int i = 0; i < 50; i++) {
            history.record(START + i * 10, Map.of(new Subject("default", "pod-" + i), new double[3]));
        }

        assertThat(history.subjects(Resolution.WEEK)).hasSize(10).contains(new Subject("default", "pod-49"));
    }

    @Test
    void survivesARestart(@TempDir Path directory) throws IOException {
        double[] sums = record(POOL, START, 600, 8, new double[3]);
        new HistoryFile(directory.resolve("h.bin")).save(history);

        History restarted = new History(FIGURES, FIGURES, 10);
        assertThat(new HistoryFile(directory.resolve("h.bin")).load(restarted)).isTrue();

        assertThat(restarted.points(POOL, Resolution.HOUR, START + 600).get("hitRatio"))
                .containsExactly(points(Resolution.HOUR, "hitRatio", START + 600));
        restarted.record(START + 700, Map.of(POOL, sums));
        restarted.record(START + 710, Map.of(POOL, new double[] {sums[0] + 50, sums[1] + 100, sums[2] + 10}));
        float[] after = restarted.points(POOL, Resolution.HOUR, START + 710).get("hitRatio");
        assertThat(after[358]).isEqualTo(0.5f);
        assertThat(after[340]).isEqualTo(0.8f);
    }

    @Test
    void aRestartWithinAStepKeepsWhatIsKnownOfIt(@TempDir Path directory) throws IOException {
        record(POOL, START, 600, 8, new double[3]);
        new HistoryFile(directory.resolve("h.bin")).save(history);
        History restarted = new History(FIGURES, FIGURES, 10);
        new HistoryFile(directory.resolve("h.bin")).load(restarted);

        restarted.record(START + 605, Map.of(POOL, new double[3]));

        assertThat(restarted.points(POOL, Resolution.WEEK, START + 605).get("hitRatio")[671])
                .isEqualTo(0.8f);
    }

    @Test
    void takesFiguresByTheirNamesFromAnOlderFile(@TempDir Path directory) throws IOException {
        record(POOL, START, 600, 8, new double[3]);
        new HistoryFile(directory.resolve("h.bin")).save(history);

        History newer =
                new History(List.of(new Figure.Ratio("new", 2, 1), new Figure.Ratio("hitRatio", 0, 1)), FIGURES, 10);
        new HistoryFile(directory.resolve("h.bin")).load(newer);

        Map<String, float[]> points = newer.points(POOL, Resolution.HOUR, START + 600);
        assertThat(points.get("hitRatio")[350]).isEqualTo(0.8f);
        assertThat(points.get("new")[350]).isNaN();
    }

    @Test
    void refusesAFileThatIsNone(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("h.bin"), "not a history at all");

        assertThatThrownBy(() -> new HistoryFile(file).load(history))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no history");
    }
}
