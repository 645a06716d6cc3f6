package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.Set;

/**
 * What an event says that bears a name, as those of the Responses API and of Anthropic's do. An engine that shuts down sends
 * there the beginning of a response and its end, which counts no output token; no finish reason tells it.
 */
final class NamedEvent {
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
        return end - from > EVENT.length && Arrays.equals(stream, from, from + EVENT.length, EVENT, 0, EVENT.length);
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
