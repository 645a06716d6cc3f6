package dev.warmlane.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.List;

/**
 * The answer of an engine that is shutting down: status 200, finish reason {@code abort}, not one generated token. Nothing
 * was computed, so another endpoint may be asked. Chat and completions, whole or streamed.
 */
public final class ZeroTokenAbort {
    private static final KeySearch FINISH_REASON = new KeySearch("finish_reason");
    private static final byte[] ABORT = "\"abort\"".getBytes(US_ASCII);
    private static final List<KeySearch> GENERATED = List.of(
            new KeySearch("content"),
            new KeySearch("text"),
            new KeySearch("reasoning"),
            new KeySearch("reasoning_content"),
            new KeySearch("arguments"));

    private ZeroTokenAbort() {}

    /** Whether what has come of an answer, a body or events of a stream, ends it so. */
    public static boolean isIn(byte[] answer, int offset, int length) {
        int end = offset + length;
        int reason = FINISH_REASON.last(answer, offset, end);
        return reason != KeySearch.NONE
                && Arrays.equals(answer, reason, Math.min(reason + ABORT.length, end), ABORT, 0, ABORT.length)
                && isWithoutText(answer, offset, end);
    }

    /** Whether nothing in {@code [from, end)} is generated text. */
    static boolean isWithoutText(byte[] answer, int from, int end) {
        for (KeySearch key : GENERATED) {
            if (hasText(key, answer, from, end)) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasText(KeySearch key, byte[] answer, int offset, int end) {
        int value = key.first(answer, offset, end);
        while (value != KeySearch.NONE) {
            if (answer[value] == '"' && value + 1 < end && answer[value + 1] != '"') {
                return true;
            }
            value = key.first(answer, value, end);
        }
        return false;
    }
}
