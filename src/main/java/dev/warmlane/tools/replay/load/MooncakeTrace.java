package dev.warmlane.tools.replay.load;

import dev.warmlane.tools.replay.load.AccessLogTrace.JsonLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A trace in the format of the Mooncake project, one JSON object a line:
 * <pre>
 *   {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [0, 46, 47, ...]}
 * </pre>
 * milliseconds since the start, tokens, and an id for each block of 512 prompt tokens, the last one possibly not full. Ids are
 * chained: an equal id means an equal prompt up to the end of that block. Sessions, which it lacks, are derived by {@link
 * Conversations}.
 *
 * @param spreadsTicks whether requests of one time are spread evenly over the time until the next
 */
public record MooncakeTrace(Path file, boolean spreadsTicks) implements Load.Source {

    @Override
    public Load read() throws IOException {
        List<Conversations.Line> lines = new ArrayList<>();
        JsonLine.forEach(file, line -> lines.add(parse(line)));
        lines.sort((a, b) -> Long.compare(a.arrivalNanos(), b.arrivalNanos()));
        List<Conversations.Line> arrivals = spreadsTicks ? spread(lines) : lines;
        return new Load(String.valueOf(file.getFileName()), new Conversations(arrivals).requests());
    }

    /** What arrives last has no next time, and stays where it is. */
    private static List<Conversations.Line> spread(List<Conversations.Line> lines) {
        List<Conversations.Line> spread = new ArrayList<>(lines.size());
        int first = 0;
        while (first < lines.size()) {
            long tick = lines.get(first).arrivalNanos();
            int next = first;
            while (next < lines.size() && lines.get(next).arrivalNanos() == tick) {
                next++;
            }
            long gap = next < lines.size() ? lines.get(next).arrivalNanos() - tick : 0;
            for (int i = first; i < next; i++) {
                spread.add(lines.get(i).at(tick + gap * (i - first) / (next - first)));
            }
            first = next;
        }
        return spread;
    }

    private static Conversations.Line parse(JsonLine line) {
        int promptTokens = line.whole("input_length", 1);
        List<Long> ids = line.hashes();
        int full = promptTokens / Load.BLOCK_SIZE_TOKENS;
        if (ids.size() < full) {
            throw line.problem(
                    "hash_ids",
                    Integer.toString(ids.size()),
                    ">= %d, one for each %d prompt tokens".formatted(full, Load.BLOCK_SIZE_TOKENS));
        }
        return new Conversations.Line(
                TimeUnit.MILLISECONDS.toNanos(line.whole("timestamp", 0)),
                null,
                promptTokens,
                // A trace may note responses that were empty; an engine always computes one token.
                Math.max(1, line.whole("output_length", 0)),
                ids.stream().limit(full).mapToLong(Long::longValue).toArray());
    }
}
