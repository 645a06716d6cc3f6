package dev.warmlane.tools.simulator;

import org.jspecify.annotations.Nullable;

/**
 * How one API puts an answer on the wire, whole or as server-sent events. One instance serves one answer. The finish reason is
 * vLLM's: {@code stop}, {@code length} or {@code abort}.
 */
interface AnswerFormat {
    /** The body of a whole answer. */
    String whole(AnswerHead head, String text, String finishReason, Usage usage);

    /** The events before the first token. */
    String begin(AnswerHead head, int promptTokens);

    /** The event of one token; with a finish reason it is the last one. */
    String token(AnswerHead head, String text, @Nullable String finishReason);

    /** The events after the last token. */
    String end(AnswerHead head, String text, String finishReason, Usage usage);
}
