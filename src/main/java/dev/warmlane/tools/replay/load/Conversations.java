package dev.warmlane.tools.replay.load;

import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the conversations in a trace. A request that names its session belongs to that; any other belongs to the session of
 * the earlier request that shares the longest prefix with it, of two blocks or more: the first block is the system prompt that
 * all share. Of several such requests the latest counts.
 *
 * <p>Where a request goes on after the whole prompt of the one before it, the blocks that come next are the response to that one. So
 * they are the blocks that the engine which generated it has in its cache.
 */
final class Conversations {
    /**
     * One request as a trace has it.
     *
     * @param session what the trace calls its conversation; null where it does not say
     * @param fullBlocks the chained hashes of the prompt's full blocks
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Line(long arrivalNanos, @Nullable String session, int promptTokens, int outputTokens, long[] fullBlocks) {

        /** The same at another time. */
        Line at(long nanos) {
            return new Line(nanos, session, promptTokens, outputTokens, fullBlocks);
        }
    }

    private static final int LEAST_SHARED_BLOCKS = 2;
    private static final int NONE = -1;

    private final List<Line> lines;
    private final int[] sessions;
    private final long[][] blockHashes;

    /** @param lines in the order of their arrival */
    Conversations(List<Line> lines) {
        this.lines = lines;
        this.sessions = new int[lines.size()];
        this.blockHashes = new long[lines.size()][];
        derive();
    }

    List<LoadRequest> requests() {
        List<LoadRequest> requests = new ArrayList<>(lines.size());
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            requests.add(new LoadRequest(
                    line.arrivalNanos(), sessions[i], line.promptTokens(), line.outputTokens(), blockHashes[i], null));
        }
        return requests;
    }

    private void derive() {
        Map<Long, Integer> latestByBlock = new HashMap<>();
        Map<String, Integer> named = new HashMap<>();
        int nextSession = 0;
        for (int i = 0; i < lines.size(); i++) {
            long[] blocks = lines.get(i).fullBlocks();
            blockHashes[i] = blocks;
            int shared = 0;
            while (shared < blocks.length && latestByBlock.containsKey(blocks[shared])) {
                shared++;
            }
            int before = shared < LEAST_SHARED_BLOCKS ? NONE : latestByBlock.get(blocks[shared - 1]);
            String name = lines.get(i).session();
            Integer known = name != null ? named.get(name) : before != NONE ? (Integer) sessions[before] : null;
            sessions[i] = known != null ? known : nextSession++;
            if (name != null) {
                named.put(name, sessions[i]);
            }
            if (before != NONE) {
                tellResponse(before, blocks, shared);
            }
            for (long block : blocks) {
                latestByBlock.put(block, i);
            }
        }
    }

    private void tellResponse(int before, long[] blocks, int shared) {
        Line line = lines.get(before);
        int promptBlocks = line.fullBlocks().length;
        boolean known = blockHashes[before].length > promptBlocks;
        if (shared == promptBlocks && !known) {
            int filled = (line.promptTokens() + line.outputTokens()) / Load.BLOCK_SIZE_TOKENS;
            blockHashes[before] = Arrays.copyOf(blocks, Math.min(filled, blocks.length));
        }
    }
}
