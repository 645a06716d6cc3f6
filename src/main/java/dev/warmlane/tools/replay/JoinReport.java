package dev.warmlane.tools.replay;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.tools.Distribution;
import dev.warmlane.tools.Json;
import dev.warmlane.tools.TextTable;
import dev.warmlane.tools.replay.Attempt.Arrival;
import dev.warmlane.tools.replay.DepartureReport.MinuteAfter;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The first minute of each endpoint that joined during a replay or came back. */
final class JoinReport {
    private static final long MINUTE_NANOS = 60_000_000_000L;
    private static final double NANOS_PER_SECOND = 1e9;

    /** An endpoint that takes requests from now on. */
    private static final class Join {
        private final ReplayEndpoint endpoint;
        private final long beforeNanos;
        private final long nanos;
        private final long warmedTokens;
        private final List<Double> ttftBefore = new ArrayList<>();
        private final List<Double> ttftAfter = new ArrayList<>();
        private int requests;
        private long promptTokens;
        private long cachedTokens;
        private long attainableTokens;
        private final Set<Long> sent = new HashSet<>();

        Join(ReplayEndpoint endpoint, long beforeNanos, long nanos, long warmedTokens) {
            this.endpoint = endpoint;
            this.beforeNanos = beforeNanos;
            this.nanos = nanos;
            this.warmedTokens = warmedTokens;
        }

        boolean isMinuteBefore(long at) {
            return at < beforeNanos && at >= beforeNanos - MINUTE_NANOS;
        }

        /** @param shared leading blocks of its prompt that several sessions have sent */
        void answered(Arrival arrival, EngineSequence sequence, int shared) {
            PromptBlocks prompt = arrival.routing().prompt();
            int held = shared;
            while (held < prompt.length() && sent.contains(prompt.hash(held))) {
                held++;
            }
            for (int i = shared; i < prompt.length(); i++) {
                sent.add(prompt.hash(i));
            }
            long heldTokens = (long) ((double) held * prompt.blockSizeBytes() / LoadRequest.BYTES_PER_TOKEN);
            requests++;
            promptTokens += arrival.request().promptTokens();
            cachedTokens += sequence.cachedTokens();
            // Generated tokens that come back are its own, too.
            attainableTokens += Math.max(sequence.cachedTokens(), heldTokens);
        }

        FirstMinute firstMinute() {
            return new FirstMinute(
                    endpoint.endpoint().name(),
                    nanos / NANOS_PER_SECOND,
                    warmedTokens,
                    requests,
                    promptTokens,
                    cachedTokens,
                    attainableTokens,
                    p99(ttftBefore),
                    p99(ttftAfter));
        }
    }

    /**
     * The first minute of an endpoint that joined. Times to the first token are those of all endpoints' requests.
     *
     * @param atSeconds when it began to take requests
     * @param warmedTokens prompt tokens that it had computed before
     * @param requests that it got
     * @param promptTokens of these
     * @param cachedTokens of these, found in its cache
     * @param attainableTokens of these, what several sessions had sent, and what the endpoint had computed since it joined: more no
     *     warming could give, as it keeps nothing that one session alone has sent
     * @param ttftP99Before p99 of the time to the first token in the minute before, in seconds, or in the minute before it was drained; null
     *     without requests
     * @param ttftP99After the same of its first minute
     */
    record FirstMinute(
            String endpoint,
            double atSeconds,
            long warmedTokens,
            int requests,
            long promptTokens,
            long cachedTokens,
            long attainableTokens,
            @Nullable Double ttftP99Before,
            @Nullable Double ttftP99After) {

        /** By tokens, in [0, 1]; null without requests. */
        @Nullable
        Double hitRatio() {
            return promptTokens == 0 ? null : (double) cachedTokens / promptTokens;
        }

        /** What it could be at most; null without requests. */
        @Nullable
        Double attainableHitRatio() {
            return promptTokens == 0 ? null : (double) attainableTokens / promptTokens;
        }

        private Json json() {
            return Json.of("endpoint", endpoint, "atSeconds", atSeconds, "warmedTokens", warmedTokens)
                    .and("requests", requests, "tokenHitRatio", hitRatio())
                    .and("attainableHitRatio", attainableHitRatio())
                    .and("ttftP99SecondsBefore", ttftP99Before, "ttftP99SecondsAfter", ttftP99After);
        }
    }

    private record Seen(long nanos, double ttftSeconds) {}

    private final List<Join> joins = new ArrayList<>();
    private final List<Seen> seen = new ArrayList<>();
    private final IdentityHashMap<LoadRequest, Integer> sharedBlocks = new IdentityHashMap<>();

    /** @param beforeNanos until when all was as it is without it */
    void joined(ReplayEndpoint endpoint, long beforeNanos, long nanos, long warmedTokens) {
        Join join = new Join(endpoint, beforeNanos, nanos, warmedTokens);
        for (Seen one : seen) {
            if (join.isMinuteBefore(one.nanos)) {
                join.ttftBefore.add(one.ttftSeconds);
            }
        }
        joins.add(join);
    }

    /** @param shared leading blocks of its prompt that several sessions have sent */
    void arrived(LoadRequest request, int shared) {
        sharedBlocks.put(request, shared);
    }

    void answered(Arrival arrival, ReplayEndpoint endpoint, EngineSequence sequence) {
        int shared = Objects.requireNonNull(sharedBlocks.remove(arrival.request()));
        double ttft = (sequence.firstTokenNanos() - arrival.nanos()) / NANOS_PER_SECOND;
        seen.add(new Seen(arrival.nanos(), ttft));
        for (Join join : joins) {
            long since = arrival.nanos() - join.nanos;
            if (join.isMinuteBefore(arrival.nanos())) {
                join.ttftBefore.add(ttft);
            } else if (since >= 0 && since < MINUTE_NANOS) {
                join.ttftAfter.add(ttft);
                if (endpoint == join.endpoint) {
                    join.answered(arrival, sequence, shared);
                }
            }
        }
    }

    /** Of each that joined, in their order. */
    List<FirstMinute> firstMinutes() {
        return joins.stream().map(Join::firstMinute).toList();
    }

    /**
     * Those that joined in a replay, next to the same ones in a replay in which they began with empty caches.
     *
     * @param warm of the replay itself
     * @param cold of the other one; null: it is not compared
     * @param left how all did after endpoints had left that were known to leave
     * @param leftCold likewise where nothing was handed over; null: it is not compared
     */
    record Comparison(
            List<FirstMinute> warm,
            @Nullable List<FirstMinute> cold,
            List<MinuteAfter> left,
            @Nullable List<MinuteAfter> leftCold) {

        /** A table of those that joined and one of those that left, with a line for each; empty if there are none. */
        String write(String title) {
            return joined(title) + DepartureReport.write(title, left, leftCold);
        }

        private String joined(String title) {
            if (warm.isEmpty()) {
                return "";
            }
            List<List<String>> lines = new ArrayList<>();
            List<String> heading = new ArrayList<>(
                    List.of("joined", "at s", "warmed tok", "requests", "hit", "at most", "ttft p99 before", "after"));
            if (cold != null) {
                heading.addAll(List.of("cold: requests", "hit", "ttft p99 before", "after"));
            }
            lines.add(heading);
            for (FirstMinute minute : warm) {
                List<String> line = new ArrayList<>(
                        List.of(minute.endpoint, number("%.1f", minute.atSeconds), Long.toString(minute.warmedTokens)));
                line.addAll(cells(minute));
                line.add(line.size() - 2, number("%.3f", minute.attainableHitRatio()));
                if (cold != null) {
                    line.addAll(cells(cold(minute.endpoint)));
                }
                lines.add(line);
            }
            return "\n%s: the first minute of endpoints that joined\n\n%s".formatted(title, TextTable.write(lines, 1));
        }

        private static List<String> cells(@Nullable FirstMinute minute) {
            return minute == null
                    ? List.of("-", "-", "-", "-")
                    : List.of(
                            Integer.toString(minute.requests),
                            number("%.3f", minute.hitRatio()),
                            number("%.3f", minute.ttftP99Before),
                            number("%.3f", minute.ttftP99After));
        }

        /** An object for each; with that of the other replay in it. */
        List<Json> json() {
            return warm.stream()
                    .map(minute -> {
                        FirstMinute other = cold(minute.endpoint);
                        return minute.json().and("cold", other == null ? null : other.json());
                    })
                    .toList();
        }

        /** An object for each endpoint that left, with that of the other replay in it; empty if they left without notice. */
        List<Json> leftJson() {
            return DepartureReport.json(left, leftCold);
        }

        /** Null for one that joined only because this replay took longer. */
        private @Nullable FirstMinute cold(String endpoint) {
            return cold == null
                    ? null
                    : cold.stream()
                            .filter(minute -> minute.endpoint.equals(endpoint))
                            .findFirst()
                            .orElse(null);
        }
    }

    private static @Nullable Double p99(List<Double> seconds) {
        return seconds.isEmpty()
                ? null
                : Distribution.of(seconds.stream()
                                .mapToDouble(Double::doubleValue)
                                .toArray())
                        .p99();
    }

    private static String number(String format, @Nullable Double value) {
        return value == null ? "-" : String.format(Locale.ROOT, format, value);
    }
}
