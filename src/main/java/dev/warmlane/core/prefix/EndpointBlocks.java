package dev.warmlane.core.prefix;

/**
 * The predicted cache of one endpoint: its blocks in the order of their use, mirrored into the holders that all endpoints
 * share. Safe for use by several threads; updates of one endpoint wait for each other, about 50 ns a block.
 */
final class EndpointBlocks {
    private final int slot;
    private final BlockHolders holders;
    private final LruBlocks blocks;
    private final CapacityCorrection correction = new CapacityCorrection();
    private volatile int statedCapacity;
    private int capacity;
    private boolean removed;
    private volatile long lastInsert;
    private volatile int oldestUseSeconds;
    private volatile int freeBlocks;

    EndpointBlocks(int slot, BlockHolders holders, int capacity, boolean linked) {
        this.blocks = new LruBlocks(linked);
        this.slot = slot;
        this.holders = holders;
        this.statedCapacity = capacity;
        this.capacity = capacity;
        this.freeBlocks = capacity;
    }

    /** The bit that stands for this endpoint among the holders of a block. */
    int slot() {
        return slot;
    }

    /** When the endpoint was last inserted to, on the clock that {@link #insert} was given. */
    long lastInsert() {
        return lastInsert;
    }

    /** When the block was used that would be evicted next, on the clock that {@link #insert} was given. */
    int oldestUseSeconds() {
        return oldestUseSeconds;
    }

    /** How many new blocks evict none; at 0 the next one does. As of the last insertion or change of the capacity. */
    int freeBlocks() {
        return freeBlocks;
    }

    synchronized int size() {
        return blocks.size();
    }

    synchronized long memoryBytes() {
        return blocks.memoryBytes();
    }

    int statedCapacity() {
        return statedCapacity;
    }

    synchronized void capacity(int newCapacity) {
        statedCapacity = newCapacity;
        resize();
    }

    /** The endpoint held so many blocks more of a prompt than predicted, or fewer if negative. */
    synchronized void correct(double missedBlocks) {
        correction.learn(missedBlocks / statedCapacity);
        resize();
    }

    synchronized LearnedCapacity learned() {
        return new LearnedCapacity(statedCapacity, correction.factor, correction.learned);
    }

    /**
     * Takes over what was learned elsewhere, if that is from more predictions than here, or nothing was learned here. Once this one has
     * learned something, the stated size only grows: replicas differ in how many bytes they take for a token, and a smaller size would
     * evict blocks for that alone.
     */
    synchronized void adopt(int stated, LearnedCapacity told) {
        boolean isFirst = correction.learned == 0;
        if (correction.adopt(told)) {
            statedCapacity = isFirst ? stated : Math.max(statedCapacity, stated);
            resize();
        }
    }

    private void resize() {
        capacity = correction.apply(statedCapacity);
        while (blocks.size() > capacity) {
            evict();
        }
        freeBlocks = capacity - blocks.size();
    }

    /**
     * Uses the last block first, so that leading blocks are the newest. Of a prompt beyond the capacity, tails stay out.
     *
     * @param order of this among all insertions
     * @param seconds the time
     * @return how many leading blocks were here before
     */
    synchronized int insert(PromptBlocks prompt, long order, int seconds) {
        int length = Math.min(prompt.length(), capacity);
        if (removed) {
            return length;
        }
        lastInsert = order;
        blocks.time(seconds);
        int held = length;
        for (int i = length - 1; i >= 0; i--) {
            if (use(prompt.hash(i), i == 0 ? 0 : prompt.hash(i - 1))) {
                held = i;
            }
        }
        noteOldest();
        return held;
    }

    /**
     * Uses the end of a chain, and then all that goes before it as far as it is known here.
     *
     * @param parent the block before the first of these; 0 if they are the whole chain
     * @param hashes in the order of the chain
     * @return whether the parent was known
     */
    synchronized boolean append(long parent, long[] hashes, long order, int seconds) {
        if (removed) {
            return true;
        }
        lastInsert = order;
        blocks.time(seconds);
        boolean known = parent == 0 || blocks.contains(parent);
        for (int i = Math.min(hashes.length, capacity) - 1; i >= 0; i--) {
            use(hashes[i], i == 0 ? parent : hashes[i - 1]);
        }
        // What others tell may be wrong, and links then lead round in a circle.
        long ancestor = parent;
        for (int left = blocks.size(); left > 0 && ancestor != 0 && blocks.touch(ancestor); left--) {
            ancestor = blocks.parent(ancestor);
        }
        noteOldest();
        return known;
    }

    /** The chain that ends with this block, in its order, as far back as it is known; empty if the block is not here. */
    synchronized long[] chain(long last) {
        int length = 0;
        long hash = last;
        while (length < blocks.size() && hash != 0 && blocks.contains(hash)) {
            length++;
            hash = blocks.parent(hash);
        }
        long[] chain = new long[length];
        hash = last;
        for (int i = length - 1; i >= 0; i--) {
            chain[i] = hash;
            hash = blocks.parent(hash);
        }
        return chain;
    }

    /** All blocks and the one before each in its chain, by turns, the oldest first. */
    synchronized long[] dump() {
        long[] hashes = blocks.oldestFirst();
        long[] dump = new long[2 * hashes.length];
        for (int i = 0; i < hashes.length; i++) {
            dump[2 * i] = hashes[i];
            dump[2 * i + 1] = blocks.parent(hashes[i]);
        }
        return dump;
    }

    /** Takes over what {@link #dump} gave, in front of nothing that is here already. */
    synchronized void load(long[] dump, long order, int seconds) {
        if (removed) {
            return;
        }
        lastInsert = order;
        blocks.time(seconds);
        for (int i = 0; i < dump.length; i += 2) {
            use(dump[i], dump[i + 1]);
        }
        noteOldest();
    }

    /** Makes the block the newest; returns whether it was not here. */
    private boolean use(long hash, long parent) {
        if (blocks.use(hash, parent)) {
            return false;
        }
        holders.add(hash, slot);
        if (blocks.size() > capacity) {
            // Only now: an eviction before would have moved the place that was found for the new one.
            evict();
        }
        return true;
    }

    /** Forgets the prompt's blocks from this one on. */
    synchronized void forget(PromptBlocks prompt, int from) {
        for (int i = from; i < prompt.length(); i++) {
            if (blocks.remove(prompt.hash(i))) {
                holders.remove(prompt.hash(i), slot);
            }
        }
    }

    /** Forgets these blocks. */
    synchronized void forget(long[] hashes) {
        for (long hash : hashes) {
            if (blocks.remove(hash)) {
                holders.remove(hash, slot);
            }
        }
    }

    /** Forgets everything, and everything that is still to come. */
    synchronized void remove() {
        removed = true;
        while (blocks.size() > 0) {
            evict();
        }
    }

    private void noteOldest() {
        oldestUseSeconds = blocks.oldestUse();
        freeBlocks = capacity - blocks.size();
    }

    private void evict() {
        holders.remove(blocks.removeOldest(), slot);
    }

    /**
     * Learns how large an endpoint's cache is in effect, as a factor on the size that was stated; in [{@value #LEAST}, {@value
     * #MOST}]. Other clients, responses and prompts in progress take room that a gateway does not see, and the stated size may be
     * wrong. Not thread-safe.
     *
     * <p>A block that was predicted and not there was evicted by the endpoint, and all that it had used before then is likely gone
     * too: the index is too large by some blocks. A block that was there and not predicted was forgotten too early. So the size
     * follows the sum of what predictions missed, and predictions cannot stay wrong on one side: over any time they miss at most
     * the blocks by which the size may change, divided by the gain. On a conversation trace a gain of 2 brings an index of half or
     * twice the true size to within 10 % of the delivered tokens; 1 leaves 15 %, 4 follows single requests.
     */
    private static final class CapacityCorrection {
        private static final double GAIN = 2;
        private static final double LEAST = 0.25;
        private static final double MOST = 2;

        private double factor = 1;
        private long learned;

        /** @param missed what the endpoint held more than predicted, in parts of its stated size; negative if it held less */
        void learn(double missed) {
            if (missed != 0) {
                learned++;
                factor = bounded(factor + GAIN * missed);
            }
        }

        /** Returns whether it was taken over. */
        boolean adopt(LearnedCapacity told) {
            if (learned > 0 && told.corrections() <= learned) {
                return false;
            }
            learned = told.corrections();
            factor = bounded(told.factor());
            return true;
        }

        private static double bounded(double factor) {
            return Math.min(MOST, Math.max(LEAST, factor));
        }

        /** The size in effect, at least 1. */
        int apply(int statedBlocks) {
            return (int) Math.max(1, Math.min(Integer.MAX_VALUE, Math.round(statedBlocks * factor)));
        }
    }
}
