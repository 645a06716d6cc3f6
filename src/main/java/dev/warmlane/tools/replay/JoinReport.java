package dev.warmlane.tools.replay;

import dev.warmlane.tools.Distribution;
import dev.warmlane.tools.TextTable;
import dev.warmlane.tools.replay.Attempt.Arrival;
import dev.warmlane.tools.simulator.engine.EngineSequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How the first minute went of endpoints that joined on the way, or came back. */
final class JoinReport {
    private static final long MINUTE_NANOS = 60_000_000_000L;
    private static final double NANOS_PER_SECOND = 1e9;

    /** An endpoint that takes requests from now on. */
    private static final class Join {
        private final ReplayEndpoint endpoint;
        private final long nanos;
        private final long warmedTokens;
        private final List<Double> ttftBefore = new ArrayList<>();
        private final List<Double> ttftAfter = new ArrayList<>();
        private int requests;
        private long promptTokens;
        private long cachedTokens;

        Join(ReplayEndpoint endpoint, long nanos, long warmedTokens) {
            this.endpoint = endpoint;
            this.nanos = nanos;
            this.warmedTokens = warmedTokens;
        }
    }

    private record Seen(long nanos, double ttftSeconds) {}

    private final List<Join> joins = new ArrayList<>();
    private final List<Seen> seen = new ArrayList<>();

    void joined(ReplayEndpoint endpoint, long nanos, long warmedTokens) {
        Join join = new Join(endpoint, nanos, warmedTokens);
        for (Seen one : seen) {
            if (one.nanos >= nanos - MINUTE_NANOS) {
                join.ttftBefore.add(one.ttftSeconds);
            }
        }
        joins.add(join);
    }

    void answered(Arrival arrival, ReplayEndpoint endpoint, EngineSequence sequence) {
        double ttft = (sequence.firstTokenNanos() - arrival.nanos()) / NANOS_PER_SECOND;
        seen.add(new Seen(arrival.nanos(), ttft));
        for (Join join : joins) {
            long since = arrival.nanos() - join.nanos;
            if (since < 0 && since >= -MINUTE_NANOS) {
                join.ttftBefore.add(ttft);
            } else if (since >= 0 && since < MINUTE_NANOS) {
                join.ttftAfter.add(ttft);
                if (endpoint == join.endpoint) {
                    join.requests++;
                    join.promptTokens += arrival.request().promptTokens();
                    join.cachedTokens += sequence.cachedTokens();
                }
            }
        }
    }

    /** A table with a line for each; empty if none joined. */
    String write(String title) {
        if (joins.isEmpty()) {
            return "";
        }
        List<List<String>> lines = new ArrayList<>();
        lines.add(List.of("joined", "at s", "warmed tok", "requests", "hit", "ttft p99 before", "after"));
        for (Join join : joins) {
            lines.add(List.of(
                    join.endpoint.endpoint().name(),
                    number("%.1f", join.nanos / NANOS_PER_SECOND),
                    Long.toString(join.warmedTokens),
                    Integer.toString(join.requests),
                    number("%.3f", hitRatio(join)),
                    number("%.3f", p99(join.ttftBefore)),
                    number("%.3f", p99(join.ttftAfter))));
        }
        return "\n%s: the first minute of endpoints that joined\n\n%s".formatted(title, TextTable.write(lines, 1));
    }

    private static double hitRatio(Join join) {
        return join.promptTokens == 0 ? 0 : (double) join.cachedTokens / join.promptTokens;
    }

    /** Hit ratio of the requests that the last one got in its first minute. */
    double lastHitRatio() {
        return hitRatio(joins.get(joins.size() - 1));
    }

    /** p99 of the time to the first token of all requests in the minute after the last one joined, over that of the minute before. */
    double lastTtftRatio() {
        Join last = joins.get(joins.size() - 1);
        return p99(last.ttftAfter) / p99(last.ttftBefore);
    }

    /** Prompt tokens that the last one computed before it took requests. */
    long lastWarmedTokens() {
        return joins.get(joins.size() - 1).warmedTokens;
    }

    private static double p99(List<Double> seconds) {
        return Distribution.of(seconds.stream().mapToDouble(Double::doubleValue).toArray())
                .p99();
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
