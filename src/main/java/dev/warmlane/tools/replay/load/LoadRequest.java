package dev.warmlane.tools.replay.load;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.tools.Arguments;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
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
 * @param adapter the LoRA adapter that it asks for; null for none
 * @param next the next turn of the conversation, which waits for this one's response
 * @param branches the first turns of what this one's response starts beside the next turn, such as sub-agents
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record LoadRequest(
        long delayNanos,
        int session,
        int promptTokens,
        int outputTokens,
        long[] blockHashes,
        @Nullable String adapter,
        @Nullable LoadRequest next,
        List<LoadRequest> branches) {
    /** Bytes of prompt for each token: what a gateway assumes until it has learned better, and here always true. */
    public static final int BYTES_PER_TOKEN = 4;

    public LoadRequest {
        Arguments.atLeast("prompt tokens", promptTokens, 1);
        Arguments.atLeast("output tokens", outputTokens, 1);
        branches = List.copyOf(branches);
    }

    /** A request for the base model. */
    public LoadRequest(
            long delayNanos,
            int session,
            int promptTokens,
            int outputTokens,
            long[] blockHashes,
            @Nullable LoadRequest next,
            List<LoadRequest> branches) {
        this(delayNanos, session, promptTokens, outputTokens, blockHashes, null, next, branches);
    }

    /** A request that starts nothing beside the next turn. */
    public LoadRequest(
            long delayNanos,
            int session,
            int promptTokens,
            int outputTokens,
            long[] blockHashes,
            @Nullable LoadRequest next) {
        this(delayNanos, session, promptTokens, outputTokens, blockHashes, next, List.of());
    }

    /** This request and all that follow upon it. */
    Stream<LoadRequest> all() {
        return Stream.iterate(this, Objects::nonNull, LoadRequest::next)
                .flatMap(turn ->
                        Stream.concat(Stream.of(turn), turn.branches.stream().flatMap(LoadRequest::all)));
    }

    /** The requests that this one's response starts: the next turn first. */
    public List<LoadRequest> followers() {
        if (next == null) {
            return branches;
        }
        return Stream.concat(Stream.of(next), branches.stream()).toList();
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
        List<LoadRequest> fasterBranches =
                branches.stream().map(branch -> branch.atSpeed(speed)).toList();
        long delay = Math.round(delayNanos / speed);
        return new LoadRequest(
                delay, session, promptTokens, outputTokens, blockHashes, adapter, faster, fasterBranches);
    }
}
