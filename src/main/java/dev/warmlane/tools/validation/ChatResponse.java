package dev.warmlane.tools.validation;

import org.jspecify.annotations.Nullable;

/**
 * How one request ended.
 *
 * @param failure why there is no whole response; null if there is one
 * @param endpoint who answered; null if the response does not say
 * @param text what was said
 * @param promptTokens as the engine counted them
 * @param answerTokens as the engine counted them
 * @param cachedTokens of the prompt, as the engine counted them; null if it does not say, which older ones do not when it is 0
 * @param ttftSeconds time to the first token; null where nothing was streamed
 */
record ChatResponse(
        @Nullable String failure,
        @Nullable String endpoint,
        String text,
        long promptTokens,
        long answerTokens,
        @Nullable Long cachedTokens,
        @Nullable Double ttftSeconds) {

    static ChatResponse failed(String failure, @Nullable String endpoint) {
        return new ChatResponse(failure, endpoint, "", 0, 0, null, null);
    }
}
