package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What the first events of a stream say of the rest. Before its first token, an engine sends at most a chat's opening chunk
 * for each choice, which has the role and no text, or the events by which a response with {@linkplain NamedEvent named events}
 * begins. Comments keep the connection alive and say nothing.
 */
public enum StreamStart {
    /** Nothing but comments and openings has come, or not yet a whole event. */
    UNDECIDED,
    /** The engine generates, or says something else that the client has to hear. */
    BEGUN,
    /** The engine is shutting down and has aborted the request before its first token: {@link ZeroTokenAbort}. */
    ABORTED,
    /** Instead of a first token there is an error of the engine's: what would have been a 500. */
    FAILED,
    /** Instead of a first token there is an error of the client's: what would have been a 400. */
    REFUSED;

    private static final KeySearch ROLE = new KeySearch("role");

    /** Judges all that has come of a stream so far. Never throws; what is not understood counts as begun. */
    public static StreamStart of(byte[] stream, int offset, int length) {
        int end = offset + length;
        int from = offset;
        for (int next = nextEvent(stream, from, end); next > from; next = nextEvent(stream, from, end)) {
            int event = ErrorEvent.afterComments(stream, from, next);
            StreamStart said = event == next ? UNDECIDED : judge(stream, event, next);
            if (said != UNDECIDED) {
                return said;
            }
            from = next;
        }
        return UNDECIDED;
    }

    private static StreamStart judge(byte[] stream, int from, int end) {
        ErrorEvent error = ErrorEvent.of(stream, from, end);
        if (error != ErrorEvent.NONE) {
            return error == ErrorEvent.OF_CLIENT ? REFUSED : FAILED;
        }
        return NamedEvent.startsAt(stream, from, end)
                ? NamedEvent.judge(stream, from, end)
                : judgeUnnamed(stream, from, end);
    }

    /** Judges one event of chat or completions. */
    private static StreamStart judgeUnnamed(byte[] stream, int from, int end) {
        if (ZeroTokenAbort.isIn(stream, from, end - from)) {
            return ABORTED;
        }
        boolean opening =
                ROLE.first(stream, from, end) != KeySearch.NONE && ZeroTokenAbort.isWithoutText(stream, from, end);
        return opening ? UNDECIDED : BEGUN;
    }

    /** Where the event after the one at {@code from} starts, or {@code from} if that is not complete. */
    private static int nextEvent(byte[] stream, int from, int end) {
        for (int i = from; i + 1 < end; i++) {
            if (stream[i] == stream[i + 1] && (stream[i] == '\n' || stream[i] == '\r')) {
                return i + 2;
            }
            if (i + 3 < end && stream[i] == '\r' && stream[i + 1] == '\n' && stream[i + 2] == '\r') {
                return i + 4;
            }
        }
        return from;
    }

    /**
     * What an event says that bears a name, as those of the Responses API and of Anthropic's do. An engine that shuts down sends
     * there the beginning of a response and its end, which counts no output token; no finish reason tells it.
     */
    static final class NamedEvent {
        private static final byte[] EVENT = "event: ".getBytes(US_ASCII);

        /** Events that can come before the first token; most come with text later, too. */
        private static final Set<String> BEFORE_TOKENS = Set.of(
                "message_start",
                "ping",
                "content_block_start",
                "content_block_delta",
                "content_block_stop",
                "response.queued",
                "response.created",
                "response.in_progress",
                "response.output_item.added",
                "response.output_item.done",
                "response.content_part.added",
                "response.content_part.done",
                "response.output_text.delta",
                "response.output_text.done");

        /** Events that say how many tokens there were. */
        private static final Set<String> ENDS = Set.of("message_delta", "response.completed", "response.incomplete");

        private NamedEvent() {}

        static boolean startsAt(byte[] stream, int from, int end) {
            return end - from > EVENT.length
                    && Arrays.equals(stream, from, from + EVENT.length, EVENT, 0, EVENT.length);
        }

        /** Judges the event in {@code [from, end)}. */
        static StreamStart judge(byte[] stream, int from, int end) {
            int nameEnd = from + EVENT.length;
            while (nameEnd < end && stream[nameEnd] > ' ') {
                nameEnd++;
            }
            String name = new String(stream, from + EVENT.length, nameEnd - from - EVENT.length, US_ASCII);
            if (ENDS.contains(name)) {
                return ZeroTokenAbort.isWithoutOutput(stream, from, end) ? StreamStart.ABORTED : StreamStart.BEGUN;
            }
            return BEFORE_TOKENS.contains(name) && ZeroTokenAbort.isWithoutText(stream, from, end)
                    ? StreamStart.UNDECIDED
                    : StreamStart.BEGUN;
        }
    }

    /**
     * The response of an engine that is shutting down: status 200, finish reason {@code abort}, not one generated token. Nothing
     * was computed, so another endpoint may be asked. The Responses API and Anthropic's do not pass the reason on, but the usage
     * counts no output token, which no other response does: the end of a text is a token, too.
     */
    public static final class ZeroTokenAbort {
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
            return tokens == KeySearch.NONE
                    || response[tokens] != '['
                    || (tokens + 1 < end && response[tokens + 1] == ']');
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
}
