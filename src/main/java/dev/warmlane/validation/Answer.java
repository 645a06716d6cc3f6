package dev.warmlane.validation;

import org.jspecify.annotations.Nullable;

/**
 * How one request ended.
 *
 * @param failure why there is no whole answer; null if there is one
 * @param endpoint who answered; null if the answer does not say
 * @param text what was said
 * @param promptTokens as the engine counted them
 * @param answerTokens as the engine counted them
 * @param ttftSeconds time to the first token; null where nothing was streamed
 */
record Answer(
        @Nullable String failure,
        @Nullable String endpoint,
        String text,
        long promptTokens,
        long answerTokens,
        @Nullable Double ttftSeconds) {

    static Answer failed(String failure, @Nullable String endpoint) {
        return new Answer(failure, endpoint, "", 0, 0, null);
    }
}
