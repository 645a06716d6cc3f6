package dev.warmlane.tools.replay;

import dev.warmlane.tools.Distribution;
import dev.warmlane.tools.Json;
import dev.warmlane.tools.TextTable;
import dev.warmlane.tools.replay.Attempt.Arrival;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How all endpoints did in the minute after one had left whose end was known before. */
final class DepartureReport {
    private static final long MINUTE_NANOS = 60_000_000_000L;
    private static final double NANOS_PER_SECOND = 1e9;

    private final List<Departure> departures = new ArrayList<>();

    /** One endpoint that leaves. */
    static final class Departure {
        private final String endpoint;
        private final long goneNanos;
        private final List<Double> ttft = new ArrayList<>();
        private long handedTokens;
        private long promptTokens;
        private long cachedTokens;

        private Departure(String endpoint, long goneNanos) {
            this.endpoint = endpoint;
            this.goneNanos = goneNanos;
        }

        /** Another endpoint has computed so many tokens that this one holds. */
        void handedOver(int tokens) {
            handedTokens += tokens;
        }

        private void answered(Arrival arrival, EngineSequence sequence) {
            long since = arrival.nanos() - goneNanos;
            if (since >= 0 && since < MINUTE_NANOS) {
                promptTokens += arrival.request().promptTokens();
                cachedTokens += sequence.cachedTokens();
                ttft.add((sequence.firstTokenNanos() - arrival.nanos()) / NANOS_PER_SECOND);
            }
        }

        private MinuteAfter minute() {
            double[] seconds = ttft.stream().mapToDouble(Double::doubleValue).toArray();
            return new MinuteAfter(
                    endpoint,
                    goneNanos / NANOS_PER_SECOND,
                    handedTokens,
                    ttft.size(),
                    promptTokens == 0 ? null : (Double) ((double) cachedTokens / promptTokens),
                    ttft.isEmpty() ? null : (Double) Distribution.of(seconds).p99());
        }
    }

    /**
     * The minute after an endpoint had left, of all that are still there.
     *
     * @param atSeconds when it was lost
     * @param handedTokens prompt tokens that it held and others had computed before
     * @param requests that came
     * @param hitRatio of these, by tokens, in [0, 1]; null without requests
     * @param ttftP99 p99 of their time to the first token, in seconds; null without requests
     */
    record MinuteAfter(
            String endpoint,
            double atSeconds,
            long handedTokens,
            int requests,
            @Nullable Double hitRatio,
            @Nullable Double ttftP99) {

        private Json json() {
            return Json.of("endpoint", endpoint, "atSeconds", atSeconds, "handedTokens", handedTokens)
                    .and("requests", requests, "tokenHitRatio", hitRatio, "ttftP99Seconds", ttftP99);
        }

        private List<String> cells() {
            return List.of(
                    Integer.toString(requests),
                    hitRatio == null ? "-" : String.format(Locale.ROOT, "%.3f", hitRatio),
                    ttftP99 == null ? "-" : String.format(Locale.ROOT, "%.3f", ttftP99));
        }
    }

    /** @param goneNanos when it will be gone */
    Departure leaves(ReplayEndpoint endpoint, long goneNanos) {
        Departure departure = new Departure(endpoint.endpoint().name(), goneNanos);
        departures.add(departure);
        return departure;
    }

    void answered(Arrival arrival, EngineSequence sequence) {
        departures.forEach(departure -> departure.answered(arrival, sequence));
    }

    /** Of each that has left, in their order. */
    List<MinuteAfter> minutes() {
        return departures.stream().map(Departure::minute).toList();
    }

    /** An object for each; with that of the other replay in it. */
    static List<Json> json(List<MinuteAfter> handed, @Nullable List<MinuteAfter> without) {
        List<Json> all = new ArrayList<>();
        for (int i = 0; i < handed.size(); i++) {
            Json cold = without == null || i >= without.size()
                    ? null
                    : without.get(i).json();
            all.add(handed.get(i).json().and("cold", cold));
        }
        return all;
    }

    /**
     * A table with a line for each; empty if none left.
     *
     * @param without the same ones in a replay in which nothing is handed over; null: it is not compared
     */
    static String write(String title, List<MinuteAfter> handed, @Nullable List<MinuteAfter> without) {
        if (handed.isEmpty()) {
            return "";
        }
        List<List<String>> lines = new ArrayList<>();
        List<String> heading = new ArrayList<>(List.of("left", "at s", "handed tok", "requests", "hit", "ttft p99"));
        if (without != null) {
            heading.addAll(List.of("cold: requests", "hit", "ttft p99"));
        }
        lines.add(heading);
        for (int i = 0; i < handed.size(); i++) {
            MinuteAfter minute = handed.get(i);
            List<String> line = new ArrayList<>(List.of(
                    minute.endpoint,
                    String.format(Locale.ROOT, "%.1f", minute.atSeconds),
                    Long.toString(minute.handedTokens)));
            line.addAll(minute.cells());
            if (without != null) {
                line.addAll(i < without.size() ? without.get(i).cells() : List.of("-", "-", "-"));
            }
            lines.add(line);
        }
        return "\n%s: the minute after endpoints had left, all others\n\n%s"
                .formatted(title, TextTable.write(lines, 1));
    }
}
