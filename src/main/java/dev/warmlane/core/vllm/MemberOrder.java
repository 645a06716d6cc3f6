package dev.warmlane.core.vllm;

import java.util.Arrays;

/**
 * Where the spans of each member of one JSON object lie, by the tag that also gives its place in the canonical prompt. Of
 * members with the same tag the last counts, as Python does with a key that comes twice. Reused from object to object; not
 * thread-safe.
 */
final class MemberOrder {
    private final int[] from = new int[PromptTag.CODES];
    private final int[] to = new int[PromptTag.CODES];

    /** Forgets all members. */
    void clear() {
        Arrays.fill(from, 0);
        Arrays.fill(to, 0);
    }

    /** Notes the spans {@code [first, last)} of a member; none at all means that it counts as absent. */
    void put(PromptTag tag, int first, int last) {
        from[tag.code()] = first;
        to[tag.code()] = last;
    }

    /** How many spans the member has. */
    int count(PromptTag tag) {
        return to[tag.code()] - from[tag.code()];
    }

    int from(int code) {
        return from[code];
    }

    int to(int code) {
        return to[code];
    }
}
