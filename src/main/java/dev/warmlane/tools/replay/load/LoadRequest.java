package dev.warmlane.tools.replay.load;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.tools.Arguments;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One request of a load. Immutable.
 *
 * @param delayNanos when it comes: after the start of the load, or for a later turn after the end of the one before; >= 0
 * @param session the conversation it belongs to; >= 0
 * @param promptTokens at least 1
 * @param outputTokens at least 1
 * @param blockHashes chained hashes of full blocks of the prompt, and of blocks that the response fills where a later prompt
 *     contains them; for reading only
 * @param next the next turn of the conversation, which waits for this one's response
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record LoadRequest(
        long delayNanos,
        int session,
        int promptTokens,
        int outputTokens,
        long[] blockHashes,
        @Nullable LoadRequest next) {
    /** Bytes of prompt for each token: what a gateway assumes until it has learned better, and here always true. */
    public static final int BYTES_PER_TOKEN = 4;

    public LoadRequest {
        Arguments.atLeast("prompt tokens", promptTokens, 1);
        Arguments.atLeast("output tokens", outputTokens, 1);
    }

    /** The prompt as a gateway sees it; made anew by each call. */
    public PromptBlocks prompt() {
        return PromptBlocks.of(
                Arrays.copyOf(blockHashes, promptTokens / Load.BLOCK_SIZE_TOKENS),
                Load.BLOCK_SIZE_TOKENS * BYTES_PER_TOKEN,
                (long) promptTokens * BYTES_PER_TOKEN);
    }

    LoadRequest atSpeed(double speed) {
        LoadRequest faster = next == null ? null : next.atSpeed(speed);
        long delay = Math.round(delayNanos / speed);
        return new LoadRequest(delay, session, promptTokens, outputTokens, blockHashes, faster);
    }
}
