package dev.warmlane.tools.validation;

import org.jspecify.annotations.Nullable;

/**
 * How one request ended.
 *
 * @param failure why there is no whole answer; null if there is one
 * @param endpoint who answered; null if the answer does not say
 * @param text what was said
 * @param promptTokens as the engine counted them
 * @param answerTokens as the engine counted them
 * @param cachedTokens of the prompt, as the engine counted them; null if it does not say, which older ones do not when it is 0
 * @param ttftSeconds time to the first token; null where nothing was streamed
 */
record Answer(
        @Nullable String failure,
        @Nullable String endpoint,
        String text,
        long promptTokens,
        long answerTokens,
        @Nullable Long cachedTokens,
        @Nullable Double ttftSeconds) {

    static Answer failed(String failure, @Nullable String endpoint) {
        return new Answer(failure, endpoint, "", 0, 0, null, null);
    }
}
