package dev.warmlane.tools.simulator;

import org.jspecify.annotations.Nullable;

/**
 * How one API puts a response on the wire, whole or as server-sent events. One instance serves one response. The finish reason is
 * vLLM's: {@code stop}, {@code length} or {@code abort}.
 */
interface ResponseFormat {
    /** The body of a whole response. */
    String whole(ResponseHead head, String text, String finishReason, Usage usage);

    /** The events before the first token. */
    String begin(ResponseHead head, int promptTokens);

    /** The event of one token; with a finish reason it is the last one. */
    String token(ResponseHead head, String text, @Nullable String finishReason);

    /** The events after the last token. */
    String end(ResponseHead head, String text, String finishReason, Usage usage);
}
