package dev.warmlane.engines.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.Disposables;

/** On a clock of its own: one second between polls, a round every 100 ms. */
class PollerTest {
    private static final ProbeTiming TIMING = new ProbeTiming(
            Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(4), Duration.ofSeconds(30), 64);

    private final Map<String, String> targets = new TreeMap<>(Map.of("a", "a"));
    private final Map<Long, List<String>> polls = new TreeMap<>();
    private final List<Runnable> ended = new ArrayList<>();
    private long millis;
    private boolean rests;
    private Runnable round = () -> {};

    /** Keeps the round, which the tests run themselves. */
    private final ScheduledExecutorService loop = (ScheduledExecutorService) Proxy.newProxyInstance(
            PollerTest.class.getClassLoader(),
            new Class<?>[] {ScheduledExecutorService.class},
            (proxy, method, args) -> {
                assertThat(method.getName()).isEqualTo("scheduleAtFixedRate");
                round = (Runnable) args[0];
                return null;
            });

    @Test
    void pollsThoseThatRestTogetherAndAboutHalfAsOften() {
        rests = true;
        start();
        runTo(100);
        targets.put("b", "b");
        runTo(5000);

        // Each waits an interval less its tenth, another one for its rest, and then for the next half second.
        assertThat(polls)
                .isEqualTo(Map.of(
                        0L, List.of("a"), 100L, List.of("b"), 2000L, List.of("a", "b"), 4000L, List.of("a", "b")));
    }

    @Test
    void pollsEachThatDoesNotRestWhenItIsDue() {
        start();
        runTo(100);
        targets.put("b", "b");
        runTo(2000);

        assertThat(polls)
                .isEqualTo(Map.of(
                        0L,
                        List.of("a"),
                        100L,
                        List.of("b"),
                        900L,
                        List.of("a"),
                        1000L,
                        List.of("b"),
                        1800L,
                        List.of("a"),
                        1900L,
                        List.of("b")));
    }

    private void start() {
        new Poller<String, String>(
                        TIMING,
                        0,
                        loop,
                        () -> TimeUnit.MILLISECONDS.toNanos(millis),
                        () -> 0,
                        () -> Map.copyOf(targets),
                        (target, end) -> {
                            polls.computeIfAbsent(millis, at -> new ArrayList<>())
                                    .add(target);
                            ended.add(end);
                            return Disposables.disposed();
                        },
                        target -> rests && polls.values().stream().anyMatch(polled -> polled.contains(target)))
                .start();
    }

    /** Up to this time, which is not included. */
    private void runTo(long end) {
        for (; millis < end; millis += TIMING.round().toMillis()) {
            round.run();
            List.copyOf(ended).forEach(Runnable::run);
            ended.clear();
        }
    }
}
