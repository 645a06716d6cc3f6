package dev.warmlane.tools.replay.load;

import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.replay.load.Load.BlockChain;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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
            throw WrongArgumentException.of("pool", pool == null ? "not given" : pool, "one of " + pools);
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
            List<Long> hashes = line.hashes();
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

    /**
     * A line of a file of JSON objects, which knows where it stands.
     *
     * @param number from 1
     */
    record JsonLine(Path file, int number, JsonNode json) {
        /** What some editors put before the first line of a file. */
        private static final String BYTE_ORDER_MARK = "\uFEFF";

        /**
         * Reads one line after the other; blank ones are passed over.
         *
         * @throws IllegalArgumentException if a line is no JSON
         */
        static void forEach(Path file, Consumer<JsonLine> action) throws IOException {
            try (BufferedReader reader = Files.newBufferedReader(file)) {
                int number = 0;
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    number++;
                    String text = number == 1 && line.startsWith(BYTE_ORDER_MARK) ? line.substring(1) : line;
                    if (!text.isBlank()) {
                        action.accept(parse(file, number, text));
                    }
                }
            }
        }

        private static JsonLine parse(Path file, int number, String line) {
            try {
                return new JsonLine(file, number, JsonMapper.shared().readTree(line));
            } catch (JacksonException e) {
                throw new IllegalArgumentException(
                        "%s:%d: not JSON (expected: one object a line)".formatted(file, number), e);
            }
        }

        /** @throws IllegalArgumentException if the member is not a whole number of at least this */
        int whole(String name, int least) {
            JsonNode value = json.path(name);
            if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < least) {
                throw problem(name, text(value), "a whole number from %d to %d".formatted(least, Integer.MAX_VALUE));
            }
            return value.intValue();
        }

        /** @throws IllegalArgumentException if one of {@code hash_ids} is not a whole number of 64 bits */
        List<Long> hashes() {
            List<Long> hashes = new ArrayList<>();
            for (JsonNode value : json.path("hash_ids")) {
                if (!value.isIntegralNumber() || !value.canConvertToLong()) {
                    throw problem("hash_ids", text(value), "whole numbers of 64 bits");
                }
                hashes.add(value.longValue());
            }
            return hashes;
        }

        /** What is wrong with a member. */
        IllegalArgumentException problem(String name, String value, String expected) {
            return new IllegalArgumentException(
                    "%s:%d: %s: %s (expected: %s)".formatted(file, number, name, value, expected));
        }

        /** A value as it stands in the line. */
        static String text(JsonNode value) {
            return value.isMissingNode() ? "missing" : value.toString();
        }
    }
}
