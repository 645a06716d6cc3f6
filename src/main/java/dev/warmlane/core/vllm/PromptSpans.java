package dev.warmlane.core.vllm;

import static dev.warmlane.core.vllm.CanonicalPrompt.FIELDS;
import static dev.warmlane.core.vllm.CanonicalPrompt.MEDIA;
import static dev.warmlane.core.vllm.CanonicalPrompt.MEDIA_BYTES;
import static dev.warmlane.core.vllm.CanonicalPrompt.REWRITTEN_STRING;
import static dev.warmlane.core.vllm.CanonicalPrompt.REWRITTEN_VALUE;
import static dev.warmlane.core.vllm.CanonicalPrompt.STRIPPED;
import static dev.warmlane.core.vllm.CanonicalPrompt.TAG;
import static dev.warmlane.core.vllm.CanonicalPrompt.VALUE;

import dev.warmlane.core.vllm.CanonicalPrompt.PromptTag;
import dev.warmlane.core.vllm.EngineVersion.StrippedText;
import java.util.Arrays;

/**
 * The canonical prompt while it is collected: a list of spans of the body and of tags between them, so that no text is
 * copied and what the body says last can still come first. Not thread-safe.
 * <pre>
 *   {"messages":[{"role":"user","content":"Hi"}]}
 *    1           13       20     27        37
 *
 *   TAG messages | TAG message | TAG role | VALUE 21..27 | TAG content | VALUE 38..42
 * </pre>
 */
final class PromptSpans {
    /** Spans of a prompt; beyond them a request counts as one without prompt. */
    static final int LIMIT = 1 << 16;

    private int[] spans = new int[16 * FIELDS];
    private int[] scratch = new int[0];
    private int size;
    private boolean overflowed;

    int size() {
        return size;
    }

    boolean overflowed() {
        return overflowed;
    }

    void addTag(PromptTag tag) {
        add(TAG, tag.code(), 0, 1);
    }

    /** Adds the value that was read last. */
    void addValue(JsonScanner scanner) {
        int start = scanner.tokenStart();
        int end = scanner.tokenEnd();
        int kind = VALUE;
        if (!scanner.tokenCanonical()) {
            kind = scanner.bytes()[start] == '"' ? REWRITTEN_STRING : REWRITTEN_VALUE;
        }
        add(kind, start, end, end - start - scanner.tokenSurplus());
    }

    /** Adds a string, or a part of one that does not end within an escape. */
    void addString(byte[] body, int start, int end) {
        add(REWRITTEN_STRING, start, end, CanonicalText.length(body, start, end));
    }

    /** Adds the JSON value of an image, a sound or a video, which its digest stands for. */
    void addMedia(int start, int end) {
        add(MEDIA, start, end, MEDIA_BYTES);
    }

    /** Adds a string, or a part of one, that some engines leave out. */
    void addStripped(StrippedText text, byte[] body, int start, int end) {
        add(STRIPPED + text.code(), start, end, CanonicalText.length(body, start, end));
    }

    /** Makes what some engines would leave out elsewhere, from {@code mark} on, a part of the prompt like any other. */
    void keepStripped(int mark) {
        for (int at = mark * FIELDS; at < size * FIELDS; at += FIELDS) {
            if (spans[at] >= STRIPPED) {
                spans[at] = REWRITTEN_STRING;
            }
        }
    }

    /** Puts the spans from {@code mark} on into canonical order, without those that no member owns. */
    void arrange(int mark, MemberOrder order) {
        if (isArranged(mark, order)) {
            return;
        }
        int length = (size - mark) * FIELDS;
        if (scratch.length < length) {
            scratch = new int[length];
        }
        System.arraycopy(spans, mark * FIELDS, scratch, 0, length);
        size = mark;
        for (int code = 0; code < PromptTag.CODES; code++) {
            int count = order.to(code) - order.from(code);
            if (count == 0) {
                continue;
            }
            System.arraycopy(scratch, (order.from(code) - mark) * FIELDS, spans, size * FIELDS, count * FIELDS);
            size += count;
        }
    }

    CanonicalPrompt toPrompt(byte[] body) {
        return new CanonicalPrompt(body, Arrays.copyOf(spans, size * FIELDS));
    }

    private boolean isArranged(int mark, MemberOrder order) {
        int expected = mark;
        for (int code = 0; code < PromptTag.CODES; code++) {
            if (order.from(code) != order.to(code)) {
                if (order.from(code) != expected) {
                    return false;
                }
                expected = order.to(code);
            }
        }
        return expected == size;
    }

    private void add(int kind, int start, int end, int bytes) {
        if (size == LIMIT) {
            overflowed = true;
            return;
        }
        int at = size++ * FIELDS;
        if (at == spans.length) {
            spans = Arrays.copyOf(spans, 2 * at);
        }
        spans[at] = kind;
        spans[at + 1] = start;
        spans[at + 2] = end;
        spans[at + 3] = bytes;
    }

    /**
     * Where the spans of each member of one JSON object lie, by the tag that also gives its place in the canonical prompt. Of
     * members with the same tag the last counts, as Python does with a key that comes twice. Reused from object to object; not
     * thread-safe.
     */
    static final class MemberOrder {
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
}
