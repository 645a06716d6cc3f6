package dev.warmlane.tools.replay;

import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.LoadRequest;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a cache would hit that no routing could divide: one LRU for all requests in the order of their arrival, in which a
 * request's blocks are there for the next at once, those of its response included. As in an engine at least one token of a
 * prompt is computed.
 */
final class IdealCache {
    private static final Boolean PRESENT = Boolean.TRUE;

    private final long capacityBlocks;
    private final Map<Long, Boolean> leastRecentFirst = new LinkedHashMap<>(1024, 0.75f, true);

    /** @param capacityBlocks {@link Long#MAX_VALUE} for no limit */
    IdealCache(long capacityBlocks) {
        this.capacityBlocks = capacityBlocks;
    }

    /** Looks a request up, then keeps its blocks; the tokens that were there. */
    int serve(LoadRequest request) {
        long[] hashes = request.blockHashes();
        int most = Math.min(hashes.length, (request.promptTokens() - 1) / Load.BLOCK_SIZE_TOKENS);
        int hits = 0;
        while (hits < most && leastRecentFirst.containsKey(hashes[hits])) {
            hits++;
        }
        for (int i = hashes.length - 1; i >= 0; i--) {
            leastRecentFirst.put(hashes[i], PRESENT);
        }
        Iterator<Long> oldest = leastRecentFirst.keySet().iterator();
        for (long over = leastRecentFirst.size() - capacityBlocks; over > 0; over--) {
            oldest.next();
            oldest.remove();
        }
        return hits * Load.BLOCK_SIZE_TOKENS;
    }
}
