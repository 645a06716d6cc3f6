package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FigureTest {
    private static final double[] NOTHING = {0, 0, 0, 0};

    @Test
    void ratioIsOfDifferences() {
        Figure.Ratio hits = new Figure.Ratio("hitRatio", 0, 1);

        assertThat(hits.over(new double[] {90, 100}, new double[] {110, 200})).isEqualTo(0.2f);
    }

    @Test
    void ratioOverNothingIsNaN() {
        Figure.Ratio hits = new Figure.Ratio("hitRatio", 0, 1);

        assertThat(hits.over(new double[] {5, 10}, new double[] {5, 10})).isNaN();
    }

    @Test
    void ratioOfSumsThatWentBackIsNaN() {
        Figure.Ratio hits = new Figure.Ratio("hitRatio", 0, 1);

        assertThat(hits.over(new double[] {90, 100}, new double[] {10, 120})).isNaN();
        assertThat(hits.over(new double[] {90, 100}, new double[] {95, 20})).isNaN();
    }

    @Test
    void quantileIsInterpolatedWithinItsBucket() {
        // 100 values: 50 up to 1, 90 up to 2, 100 up to 4
        Figure.Quantile p90 = new Figure.Quantile("p90", 0.9, 0, List.of(1.0, 2.0, 4.0));
        Figure.Quantile p50 = new Figure.Quantile("p50", 0.5, 0, List.of(1.0, 2.0, 4.0));
        Figure.Quantile p75 = new Figure.Quantile("p75", 0.75, 0, List.of(1.0, 2.0, 4.0));
        double[] later = {50, 90, 100, 100};

        assertThat(p50.over(NOTHING, later)).isEqualTo(1);
        assertThat(p75.over(NOTHING, later)).isEqualTo(1.625f);
        assertThat(p90.over(NOTHING, later)).isEqualTo(2);
    }

    @Test
    void quantileBeyondTheHighestBoundIsThatBound() {
        Figure.Quantile p99 = new Figure.Quantile("p99", 0.99, 0, List.of(1.0, 2.0, 4.0));

        assertThat(p99.over(NOTHING, new double[] {0, 0, 10, 100})).isEqualTo(4);
    }

    @Test
    void quantileOfNothingIsNaN() {
        Figure.Quantile p99 = new Figure.Quantile("p99", 0.99, 0, List.of(1.0, 2.0, 4.0));

        assertThat(p99.over(NOTHING, NOTHING)).isNaN();
    }
}
