package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.core.routing.PredictionAccuracy;
import org.jspecify.annotations.Nullable;

/**
 * Predicted against delivered cache hits of one endpoint, over the responses that said how many tokens were cached.
 *
 * @param pool the pool's name
 * @param endpoint its name
 * @param answers answers that said so
 * @param predictedTokens tokens predicted to be cached
 * @param deliveredTokens tokens that were
 * @param advice what to do where it does not report them; null where it does
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record PredictionStatus(
        String pool,
        String endpoint,
        long answers,
        long predictedTokens,
        long deliveredTokens,
        @Nullable String advice) {

    static PredictionStatus of(String pool, String endpoint, PredictionAccuracy.Total total) {
        return new PredictionStatus(
                pool,
                endpoint,
                total.answers(),
                total.predictedTokens(),
                total.deliveredTokens(),
                advice(total.silence()));
    }

    private static @Nullable String advice(PredictionAccuracy.Silence silence) {
        return switch (silence) {
            case NONE -> null;
            case CACHED_TOKENS -> "does not report cached tokens: start vLLM with --enable-prompt-tokens-details";
            case USAGE -> "answers without usage: set warmlane.usage.request, or let clients ask for it";
        };
    }
}
