package dev.warmlane.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class UseForecastTest {
    private static final int PREFIXES = 300;
    private static final double HOUR = 3600;
    private static final double DAY = 24 * HOUR;

    private final UseForecast forecast = new UseForecast();

    @Test
    void foretellsWhatComesEvenly() {
        UseForecast.Uses uses = new UseForecast.Uses();
        for (int second = 0; second < 7200; second += 10) {
            forecast.used(uses, second);
        }
        assertThat(forecast.perSecond(uses, 7200)).isCloseTo(0.1, within(0.03));
    }

    @Test
    void aBurstIsForgottenWhereTrafficComesInBursts() {
        UseForecast.Uses uses = new UseForecast.Uses();
        for (int burst = 0; burst < 20; burst++) {
            for (int i = 0; i < 50; i++) {
                forecast.used(uses, burst * 1800 + i);
            }
        }
        double after = 19 * 1800 + 50;
        assertThat(forecast.perSecond(uses, after)).isGreaterThan(0.5);
        assertThat(forecast.perSecond(uses, after + 600)).isLessThan(0.1);
    }

    @Test
    void whatWasNeverUsedIsNotExpected() {
        assertThat(forecast.perSecond(new UseForecast.Uses(), 5)).isZero();
    }

    @Test
    void whatComesAtTheSameHourEveryDayIsExpectedBeforeItComes() {
        UseForecast.Uses morning = new UseForecast.Uses();
        UseForecast.Uses night = new UseForecast.Uses();
        for (int minute = 0; minute < 4 * DAY / 60; minute++) {
            boolean day = minute / 60 % 24 >= 9 && minute / 60 % 24 < 18;
            forecast.used(day ? morning : night, minute * 60);
        }
        double nine = 4 * DAY + 9 * HOUR;
        for (double second = 4 * DAY; second < nine; second += 60) {
            forecast.used(night, second);
        }
        assertThat(forecast.perSecond(night, nine - 2 * HOUR))
                .isGreaterThan(5 * forecast.perSecond(morning, nine - 2 * HOUR));
        assertThat(forecast.perSecond(morning, nine + 1)).isGreaterThan(0.2 / 60);
    }

    @Test
    void aPauseOfAYearTakesNoTime() {
        UseForecast.Uses uses = new UseForecast.Uses();
        forecast.used(uses, 0);
        forecast.used(uses, HOUR);
        forecast.used(uses, 365 * DAY);
        assertThat(forecast.perSecond(uses, 365 * DAY)).isBetween(0.0, 0.1);
    }

    /**
     * 300 prefixes, a third of them used at all hours and the others in six of their own, some much more often than others: of the 40
     * that are expected most often, how much of the next five minutes they are.
     */
    @Test
    void foretellsADayBetterThanTheLatestUsesOrTheMostFrequent() {
        Choice chosen = choice(6);
        assertThat(chosen.byForecast).isGreaterThan(0.69);
        assertThat(chosen.byFrequency).isBetween(0.57, 0.64);
        assertThat(chosen.byRecency).isBetween(0.55, 0.61);
    }

    @Test
    void foretellsEvenTrafficAboutAsWellAsItsFrequencies() {
        Choice chosen = choice(24);
        assertThat(chosen.byForecast).isGreaterThan(chosen.byFrequency - 0.02);
        assertThat(chosen.byForecast).isGreaterThan(chosen.byRecency + 0.1);
    }

    private record Choice(double byForecast, double byFrequency, double byRecency) {}

    private Choice choice(int hours) {
        SplittableRandom random = new SplittableRandom(1);
        UseForecast.Uses[] uses = new UseForecast.Uses[PREFIXES];
        Arrays.setAll(uses, prefix -> new UseForecast.Uses());
        double[] counts = new double[PREFIXES];
        double[] latest = new double[PREFIXES];
        long[] found = new long[3];
        long all = 0;
        List<Set<Integer>> best = List.of();
        double chosenSeconds = 2 * DAY;
        for (double second = 0; second < 3 * DAY; second -= 2 * Math.log(1 - random.nextDouble())) {
            int prefix = draw(second / HOUR, hours, random);
            if (second > chosenSeconds + 1800) {
                chosenSeconds = second;
                double now = second;
                best = List.of(best(p -> forecast.perSecond(uses[p], now)), best(p -> counts[p]), best(p -> latest[p]));
            }
            if (!best.isEmpty() && second < chosenSeconds + 300) {
                all++;
                for (int i = 0; i < found.length; i++) {
                    found[i] += best.get(i).contains(prefix) ? 1 : 0;
                }
            }
            forecast.used(uses[prefix], second);
            counts[prefix]++;
            latest[prefix] = second;
        }
        return new Choice((double) found[0] / all, (double) found[1] / all, (double) found[2] / all);
    }

    private static int draw(double hour, int hours, SplittableRandom random) {
        while (true) {
            int prefix = random.nextInt(PREFIXES);
            boolean open = prefix % 3 == 0 || (hour + 24 - 24.0 * prefix / PREFIXES) % 24 < hours;
            if (open && random.nextDouble() < Math.pow(1 + prefix * 7919L % PREFIXES, -0.8)) {
                return prefix;
            }
        }
    }

    private static Set<Integer> best(IntToDoubleFunction score) {
        return IntStream.range(0, PREFIXES)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer prefix) -> -score.applyAsDouble(prefix)))
                .limit(40)
                .collect(Collectors.toSet());
    }
}
