package dev.warmlane.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.routing.Deliveries;
import org.jspecify.annotations.Nullable;

/**
 * Predicted against delivered cache hits of one endpoint, over the answers that said how many tokens were cached.
 *
 * @param pool the pool's name
 * @param endpoint its name
 * @param answers answers that said so
 * @param predictedTokens tokens predicted to be cached
 * @param deliveredTokens tokens that were
 * @param advice what to do where it does not report them; null where it does
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record DeliveryStatus(
        String pool,
        String endpoint,
        long answers,
        long predictedTokens,
        long deliveredTokens,
        @Nullable String advice) {

    private static final String TURN_ON =
            "does not report cached tokens: start vLLM with --enable-prompt-tokens-details";

    static DeliveryStatus of(String pool, String endpoint, Deliveries.Total total) {
        return new DeliveryStatus(
                pool,
                endpoint,
                total.answers(),
                total.predictedTokens(),
                total.deliveredTokens(),
                total.reportsCachedTokens() ? null : TURN_ON);
    }
}
