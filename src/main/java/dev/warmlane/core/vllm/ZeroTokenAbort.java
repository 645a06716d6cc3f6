package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.List;

/**
 * The response of an engine that is shutting down: status 200, finish reason {@code abort}, not one generated token. Nothing
 * was computed, so another endpoint may be asked. The Responses API and Anthropic's do not pass the reason on, but the usage
 * counts no output token, which no other response does: the end of a text is a token, too.
 */
public final class ZeroTokenAbort {
    private static final KeySearch FINISH_REASON = new KeySearch("finish_reason");
    private static final byte[] ABORT = "\"abort\"".getBytes(US_ASCII);
    private static final List<KeySearch> GENERATED = List.of(
            new KeySearch("content"),
            new KeySearch("text"),
            new KeySearch("reasoning"),
            new KeySearch("reasoning_content"),
            new KeySearch("thinking"),
            new KeySearch("delta"),
            new KeySearch("partial_json"),
            new KeySearch("arguments"));
    private static final KeySearch TOKEN_IDS = new KeySearch("token_ids");
    private static final KeySearch OUTPUT_TOKENS = new KeySearch("output_tokens");

    private ZeroTokenAbort() {}

    /** Whether what has come of a response, a body or events of a stream, ends it so. */
    public static boolean isIn(byte[] response, int offset, int length) {
        int end = offset + length;
        int reason = FINISH_REASON.last(response, offset, end);
        if (reason == KeySearch.NONE) {
            return isWithoutOutput(response, offset, end);
        }
        return Arrays.equals(response, reason, Math.min(reason + ABORT.length, end), ABORT, 0, ABORT.length)
                && isWithoutText(response, offset, end);
    }

    /** Whether a response in {@code [from, end)} counts its output tokens, and there are none. */
    static boolean isWithoutOutput(byte[] response, int from, int end) {
        int count = OUTPUT_TOKENS.last(response, from, end);
        boolean none = count != KeySearch.NONE
                && response[count] == '0'
                && (count + 1 == end || response[count + 1] < '0' || response[count + 1] > '9');
        return none && isWithoutText(response, from, end);
    }

    /** Whether nothing in {@code [from, end)} is generated text. */
    static boolean isWithoutText(byte[] response, int from, int end) {
        for (KeySearch key : GENERATED) {
            if (hasText(key, response, from, end)) {
                return false;
            }
        }
        int tokens = TOKEN_IDS.first(response, from, end);
        return tokens == KeySearch.NONE || response[tokens] != '[' || (tokens + 1 < end && response[tokens + 1] == ']');
    }

    private static boolean hasText(KeySearch key, byte[] response, int offset, int end) {
        int value = key.first(response, offset, end);
        while (value != KeySearch.NONE) {
            if (response[value] == '"' && value + 1 < end && response[value + 1] != '"') {
                return true;
            }
            value = key.first(response, value, end);
        }
        return false;
    }
}
