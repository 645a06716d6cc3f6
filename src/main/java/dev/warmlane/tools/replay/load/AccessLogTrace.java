package dev.warmlane.tools.replay.load;

import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The gateway's own access log as a load: the generation requests that an endpoint took and did not answer with an error, at
 * the times they came. Files that were rotated can be joined in any order.
 *
 * <p>A line has a hash for each {@value #HASHED_BYTES} bytes of prompt, a replay needs one for each block of tokens. How many
 * bytes a token has is the same for all lines, their mean: by each line's own, the blocks of equal beginnings would differ.
 * What is behind the last hash of a line is shared with none.
 *
 * @param pool the pool whose requests count; may be null if the log is of one pool only
 */
public record AccessLogTrace(Path file, @Nullable String pool) implements Load.Source {
    private static final int HASHED_BYTES = 2048;
    private static final int FIRST_ERROR = 400;

    /** Families of {@link BlockChain}: blocks that a hash tells, and others. */
    private static final long TOLD = 5;

    private static final long UNTOLD = 6;

    @Override
    public Load read() throws IOException {
        List<Entry> entries = new ArrayList<>();
        Set<String> pools = new TreeSet<>();
        JsonLine.forEach(file, line -> {
            if (wasServed(line.json())) {
                String of = line.json().path("pool").asString("");
                pools.add(of);
                if (pool == null || pool.equals(of)) {
                    entries.add(Entry.parse(line));
                }
            }
        });
        boolean known = pool == null ? pools.size() <= 1 : pools.contains(pool);
        if (!known) {
            throw new IllegalArgumentException(
                    "pool: %s (expected: one of %s)".formatted(pool == null ? "not given" : pool, pools));
        }
        entries.sort(Comparator.comparing(Entry::time));
        return new Load(String.valueOf(file.getFileName()), new Conversations(lines(entries)).requests());
    }

    private static boolean wasServed(JsonNode line) {
        return line.has("hash_ids")
                && line.has("input_length")
                && line.has("endpoint")
                && line.path("status").asInt(0) < FIRST_ERROR;
    }

    private static List<Conversations.Line> lines(List<Entry> entries) {
        double bytesPerToken =
                (double) entries.stream().mapToLong(Entry::promptBytes).sum()
                        / entries.stream().mapToLong(Entry::promptTokens).sum();
        List<Conversations.Line> lines = new ArrayList<>(entries.size());
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            lines.add(new Conversations.Line(
                    entries.get(0).time().until(entry.time(), ChronoUnit.NANOS),
                    entry.session(),
                    entry.promptTokens(),
                    entry.outputTokens(),
                    entry.blocks(i, bytesPerToken)));
        }
        return lines;
    }

    /** A line of the log, with the hashes that it has. */
    private record Entry(
            Instant time,
            @Nullable String session,
            int promptBytes,
            int promptTokens,
            int outputTokens,
            List<Long> hashes) {

        static Entry parse(JsonLine line) {
            JsonNode json = line.json();
            List<Long> hashes = new ArrayList<>();
            json.path("hash_ids").forEach(hash -> hashes.add(hash.asLong()));
            return new Entry(
                    time(line),
                    json.has("session") ? json.path("session").asString() : null,
                    line.whole("prompt_bytes", 1),
                    line.whole("input_length", 1),
                    // Nothing is said of responses that were empty or never came; an engine always computes one token.
                    json.has("output_length") ? Math.max(1, line.whole("output_length", 0)) : 1,
                    hashes);
        }

        private static Instant time(JsonLine line) {
            JsonNode value = line.json().path("timestamp");
            try {
                return Instant.parse(value.asString(""));
            } catch (DateTimeException e) {
                throw line.problem("timestamp", JsonLine.text(value), "an instant such as 2026-01-31T12:00:00.000Z");
            }
        }

        /** The chained hashes of the prompt's full blocks; {@code number} makes untold ones its own. */
        long[] blocks(int number, double bytesPerToken) {
            long[] blocks = new long[promptTokens / Load.BLOCK_SIZE_TOKENS];
            for (int i = 0; i < blocks.length; i++) {
                double endBytes = (i + 1) * Load.BLOCK_SIZE_TOKENS * bytesPerToken;
                int told = (int) Math.max(1, Math.round(endBytes / HASHED_BYTES));
                blocks[i] = told <= hashes.size()
                        ? BlockChain.hash(TOLD, hashes.get(told - 1), i)
                        : BlockChain.hash(UNTOLD, number, i);
            }
            return blocks;
        }
    }
}
