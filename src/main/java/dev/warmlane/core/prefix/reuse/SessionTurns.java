package dev.warmlane.core.prefix.reuse;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.SampledLru.Samples;
import dev.warmlane.core.prefix.reuse.ToldUse.Prompt;
import dev.warmlane.core.prefix.reuse.ToldUse.Sent;

/**
 * The last turn of each session: where its prompt ended, so that the next one shows which of its blocks were generated in
 * between, and what it began with. Bounded: the sessions that were not heard of for the longest time are forgotten, 8192 of
 * them in 0.8 MB. Not thread-safe.
 */
final class SessionTurns {
    private static final int WAYS = 4;
    private static final int ENTRIES = 1 << 13;

    private final long[] keys = new long[ENTRIES];
    private final long[] lastBlocks = new long[ENTRIES];
    private final int[] lengths = new int[ENTRIES];
    private final int[] filled = new int[ENTRIES];
    private final int[] positions = new int[ENTRIES];
    private final int[] splitPositions = new int[ENTRIES];
    private final int[] returned = new int[ENTRIES];
    private final int[] endpoints = new int[ENTRIES];
    private final int[] used = new int[ENTRIES];
    private final int[] beginnings = new int[ENTRIES * Sent.COMPARED_BLOCKS.length];
    private int uses;

    /** The entry of a session; -1 if it is not known. */
    int find(long key) {
        int set = set(key);
        for (int entry = set; entry < set + WAYS; entry++) {
            if (keys[entry] == key && lengths[entry] > 0) {
                return entry;
            }
        }
        return -1;
    }

    /** Whether this is the entry's last prompt. */
    boolean isLast(int entry, Prompt prompt) {
        return lengths[entry] == prompt.length() && lastBlocks[entry] == prompt.lastBlock();
    }

    /** Whether the prompt is the last one and what goes on after it. */
    boolean continues(int entry, PromptBlocks prompt) {
        return prompt.length() > lengths[entry] && prompt.hash(lengths[entry] - 1) == lastBlocks[entry];
    }

    /** Which of {@link Sent#COMPARED_BLOCKS} is the first in which a prompt differs from the last one; -1: none. */
    int difference(int entry, int[] ofPrompt) {
        for (int i = 0; i < ofPrompt.length && Sent.COMPARED_BLOCKS[i] <= lengths[entry]; i++) {
            if (beginnings[entry * Sent.COMPARED_BLOCKS.length + i] != ofPrompt[i]) {
                return i;
            }
        }
        return -1;
    }

    /** The hash of the last block of the last prompt. */
    long lastBlock(int entry) {
        return lastBlocks[entry];
    }

    /** Full blocks of the last prompt. */
    int length(int entry) {
        return lengths[entry];
    }

    /** Full blocks of the last prompt and its response. */
    int filled(int entry) {
        return filled[entry];
    }

    /** The position of what was used last when the response was complete. */
    int position(int entry) {
        return positions[entry];
    }

    /** That position among blocks which count at each endpoint apart. */
    int splitPosition(int entry) {
        return splitPositions[entry];
    }

    /** Generated blocks that came back with the last prompt, to the endpoint that has them. */
    int returned(int entry) {
        return returned[entry];
    }

    int endpoint(int entry) {
        return endpoints[entry];
    }

    /** The session's last prompt is this one. */
    void put(Prompt prompt, int[] ofPrompt, int returnedBlocks) {
        long key = prompt.key();
        int entry = find(key);
        if (entry < 0) {
            entry = set(key);
            for (int other = entry + 1; other < set(key) + WAYS; other++) {
                // The difference is right even when the count has passed the largest int.
                entry = lengths[entry] > 0 && (lengths[other] == 0 || used[other] - used[entry] < 0) ? other : entry;
            }
        }
        keys[entry] = key;
        lengths[entry] = prompt.length();
        lastBlocks[entry] = prompt.lastBlock();
        endpoints[entry] = prompt.endpoint();
        returned[entry] = returnedBlocks;
        used[entry] = ++uses;
        System.arraycopy(ofPrompt, 0, beginnings, entry * Sent.COMPARED_BLOCKS.length, ofPrompt.length);
        fill(entry, prompt.length(), 0, 0);
    }

    /** The response is complete. */
    void fill(int entry, int blocks, int position, int splitPosition) {
        filled[entry] = blocks;
        positions[entry] = position;
        splitPositions[entry] = splitPosition;
    }

    /** Positions change, each to that of the last block at or under it. */
    void moved(int[] newPositions) {
        move(positions, newPositions);
    }

    /** Positions among blocks which count at each endpoint apart change likewise. */
    void movedSplit(int[] newPositions) {
        move(splitPositions, newPositions);
    }

    private static void move(int[] positions, int[] newPositions) {
        for (int entry = 0; entry < ENTRIES; entry++) {
            positions[entry] = newPositions[positions[entry]];
        }
    }

    private static int set(long key) {
        return Samples.cell(key, ENTRIES - WAYS);
    }
}
