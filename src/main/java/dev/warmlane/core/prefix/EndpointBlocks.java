package dev.warmlane.core.prefix;

/**
 * The predicted cache of one endpoint: its blocks in the order of their use, mirrored into the holders that all endpoints
 * share. Safe for use by several threads; updates of one endpoint wait for each other, about 50 ns a block.
 */
final class EndpointBlocks {
    private final int slot;
    private final BlockHolders holders;
    private final LruBlocks blocks = new LruBlocks();
    private final CapacityCorrection correction = new CapacityCorrection();
    private int statedCapacity;
    private int capacity;
    private boolean removed;
    private volatile long lastInsert;

    EndpointBlocks(int slot, BlockHolders holders, int capacity) {
        this.slot = slot;
        this.holders = holders;
        this.statedCapacity = capacity;
        this.capacity = capacity;
    }

    /** The bit that stands for this endpoint among the holders of a block. */
    int slot() {
        return slot;
    }

    /** When the endpoint was last inserted to, on the clock that {@link #insert} was given. */
    long lastInsert() {
        return lastInsert;
    }

    synchronized int size() {
        return blocks.size();
    }

    synchronized long memoryBytes() {
        return blocks.memoryBytes();
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

    private void resize() {
        capacity = correction.apply(statedCapacity);
        while (blocks.size() > capacity) {
            evict();
        }
    }

    /** Uses the last block first, so that leading blocks are the newest. Of a prompt beyond the capacity, tails stay out. */
    synchronized void insert(PromptBlocks prompt, long time) {
        if (removed) {
            return;
        }
        lastInsert = time;
        for (int i = Math.min(prompt.length(), capacity) - 1; i >= 0; i--) {
            long hash = prompt.hash(i);
            if (!blocks.touch(hash)) {
                if (blocks.size() == capacity) {
                    evict();
                }
                blocks.add(hash);
                holders.add(hash, slot);
            }
        }
    }

    /** Forgets the prompt's blocks from this one on. */
    synchronized void forget(PromptBlocks prompt, int from) {
        for (int i = from; i < prompt.length(); i++) {
            if (blocks.remove(prompt.hash(i))) {
                holders.remove(prompt.hash(i), slot);
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

    private void evict() {
        holders.remove(blocks.removeOldest(), slot);
    }
}
