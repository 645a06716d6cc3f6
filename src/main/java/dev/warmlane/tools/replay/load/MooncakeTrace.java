package dev.warmlane.tools.replay.load;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/**
 * A trace in the format of the Mooncake project, one JSON object a line:
 * <pre>
 *   {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [0, 46, 47, ...]}
 * </pre>
 * milliseconds since the start, tokens, and an id for each block of 512 prompt tokens, the last one possibly not full. Ids are
 * chained: an equal id means an equal prompt up to the end of that block. Sessions, which it lacks, are derived by {@link
 * Conversations}.
 */
public final class MooncakeTrace implements Load.Source {
    private final Path file;

    public MooncakeTrace(Path file) {
        this.file = file;
    }

    @Override
    public Load read() throws IOException {
        List<Conversations.Line> lines = new ArrayList<>();
        JsonLine.forEach(file, line -> lines.add(parse(line)));
        lines.sort((a, b) -> Long.compare(a.arrivalNanos(), b.arrivalNanos()));
        return new Load(String.valueOf(file.getFileName()), new Conversations(lines).requests());
    }

    private static Conversations.Line parse(JsonLine line) {
        int promptTokens = line.whole("input_length", 1);
        JsonNode ids = line.json().path("hash_ids");
        int full = promptTokens / Load.BLOCK_SIZE_TOKENS;
        if (ids.size() < full) {
            throw line.problem(
                    "hash_ids",
                    Integer.toString(ids.size()),
                    ">= %d, one for each %d prompt tokens".formatted(full, Load.BLOCK_SIZE_TOKENS));
        }
        long[] fullBlocks = new long[full];
        for (int i = 0; i < full; i++) {
            fullBlocks[i] = ids.get(i).asLong();
        }
        return new Conversations.Line(
                TimeUnit.MILLISECONDS.toNanos(line.whole("timestamp", 0)),
                null,
                promptTokens,
                // A trace may note answers that were empty; an engine always computes one token.
                Math.max(1, line.whole("output_length", 0)),
                fullBlocks);
    }
}
