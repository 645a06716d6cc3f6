package dev.warmlane.engines.pool;

import dev.warmlane.core.log.Counted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Log lines about endpoints, held for a second: a few make a line each, many one line together, after which the next are held for
 * ten seconds. So hundreds of endpoints that come and go do not flood the log. Safe for concurrent use.
 */
public final class EndpointNews {
    private static final long SHORT_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long LONG_NANOS = Duration.ofSeconds(10).toNanos();
    private static final int FEW = 3;

    /** What is held at most; the rest is counted only. */
    private static final int MOST = 1000;

    private final Logger log;
    private final String subject;
    private final LongSupplier nanoClock;
    private final List<News> held = new ArrayList<>();
    private int dropped;
    private long dueNanos;
    private long hold = SHORT_NANOS;

    private record News(
            Level level,
            String endpoint,
            String what,
            String details,
            @Nullable String why) {
        String line() {
            return "endpoint %s %s%s%s".formatted(endpoint, what, details, why == null ? "" : ": " + why);
        }
    }

    /**
     * Lines about one subject.
     *
     * @param subject begins each line; empty for none
     * @param nanoClock elapsed time in nanoseconds, as of {@link System#nanoTime}
     */
    public EndpointNews(Logger log, String subject, LongSupplier nanoClock) {
        this.log = log;
        this.subject = subject;
        this.nanoClock = nanoClock;
    }

    /**
     * Notes a line.
     *
     * @param what what has happened to the endpoint, in the same words for all endpoints
     * @param details what follows them where the line is of this endpoint alone
     * @param why the cause; null where there is none to tell
     */
    public synchronized void add(Level level, String endpoint, String what, String details, @Nullable String why) {
        if (held.isEmpty()) {
            dueNanos = nanoClock.getAsLong() + hold;
        }
        if (held.size() < MOST) {
            held.add(new News(level, endpoint, what, details, why));
        } else {
            dropped++;
        }
    }

    /** Writes what was held long enough; to be called about once a second. */
    public void write() {
        List<News> news;
        int more;
        synchronized (this) {
            if (held.isEmpty()) {
                hold = nanoClock.getAsLong() - dueNanos > LONG_NANOS ? SHORT_NANOS : hold;
                return;
            }
            if (nanoClock.getAsLong() - dueNanos < 0) {
                return;
            }
            news = List.copyOf(held);
            more = dropped;
            held.clear();
            dropped = 0;
            hold = areFew(news) ? SHORT_NANOS : LONG_NANOS;
        }
        if (areFew(news)) {
            news.forEach(each -> log.atLevel(each.level()).log(subject + each.line()));
        } else {
            Level level = news.stream().anyMatch(each -> each.level() == Level.WARN) ? Level.WARN : Level.INFO;
            log.atLevel(level).log(subject + together(news, more));
        }
    }

    private static boolean areFew(List<News> news) {
        return news.size() <= FEW * FEW
                && news.stream().map(News::endpoint).distinct().count() <= FEW;
    }

    private static String together(List<News> news, int more) {
        Map<String, Map<String, Integer>> counts = new LinkedHashMap<>();
        for (News each : news) {
            counts.computeIfAbsent(each.what(), what -> new LinkedHashMap<>())
                    .merge(each.why() == null ? "" : each.why(), 1, Integer::sum);
        }
        List<String> endpoints = news.stream().map(News::endpoint).distinct().toList();
        String told = counts.entrySet().stream()
                .map(entry -> counted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining("; "));
        return "%s (%s%s): %s%s"
                .formatted(
                        Counted.of(endpoints.size(), "endpoint"),
                        String.join(", ", endpoints.subList(0, Math.min(FEW, endpoints.size()))),
                        endpoints.size() > FEW ? " and %d more".formatted(endpoints.size() - FEW) : "",
                        told,
                        more == 0 ? "" : "; %d more".formatted(more));
    }

    private static String counted(String what, Map<String, Integer> byCause) {
        int all = byCause.values().stream().mapToInt(Integer::intValue).sum();
        String causes = byCause.entrySet().stream()
                .filter(entry -> !entry.getKey().isEmpty())
                .map(entry -> entry.getValue() == all ? entry.getKey() : entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
        return "%d %s%s".formatted(all, what, causes.isEmpty() ? "" : " (" + causes + ")");
    }
}
