package dev.warmlane.replay.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A trace in the format of the Mooncake project, one JSON object a line:
 * <pre>
 *   {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [0, 46, 47, ...]}
 * </pre>
 * milliseconds since the start, tokens, and an id for each block of 512 prompt tokens, the last one possibly not full. Ids are
 * chained: an equal id means an equal prompt up to the end of that block. Sessions, which it lacks, are derived by {@link
 * Conversations}.
 */
public final class MooncakeTrace implements LoadSource {
    private final Path file;

    public MooncakeTrace(Path file) {
        this.file = file;
    }

    @Override
    public Load read() throws IOException {
        List<TraceLine> lines = new ArrayList<>();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                if (!line.isBlank()) {
                    lines.add(parse(line, number));
                }
            }
        }
        lines.sort((a, b) -> Long.compare(a.arrivalNanos(), b.arrivalNanos()));
        return new Load(String.valueOf(file.getFileName()), new Conversations(lines).requests());
    }

    private TraceLine parse(String text, int number) {
        JsonNode line;
        try {
            line = JsonMapper.shared().readTree(text);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("%s:%d: no JSON (expected: one object a line)".formatted(file, number));
        }
        int promptTokens = whole(line, "input_length", 1, number);
        JsonNode ids = line.path("hash_ids");
        int full = promptTokens / Load.BLOCK_SIZE_TOKENS;
        if (ids.size() < full) {
            throw new IllegalArgumentException("%s:%d: hash_ids: %d (expected: >= %d, one for each %d prompt tokens)"
                    .formatted(file, number, ids.size(), full, Load.BLOCK_SIZE_TOKENS));
        }
        long[] fullBlocks = new long[full];
        for (int i = 0; i < full; i++) {
            fullBlocks[i] = ids.get(i).asLong();
        }
        return new TraceLine(
                TimeUnit.MILLISECONDS.toNanos(whole(line, "timestamp", 0, number)),
                promptTokens,
                // A trace may note answers that were empty; an engine always computes one token.
                Math.max(1, whole(line, "output_length", 0, number)),
                fullBlocks);
    }

    private int whole(JsonNode line, String name, int least, int number) {
        JsonNode value = line.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < least) {
            throw new IllegalArgumentException("%s:%d: %s: %s (expected: a whole number >= %d)"
                    .formatted(file, number, name, value.isMissingNode() ? "missing" : value, least));
        }
        return value.intValue();
    }
}
