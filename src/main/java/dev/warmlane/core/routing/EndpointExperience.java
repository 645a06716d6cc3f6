package dev.warmlane.core.routing;

/**
 * What a gateway has seen of an endpoint that no engine says, for a replica that has seen nothing yet. Immutable.
 *
 * @param usualPromptTokens in flight there on average, lately; at least 0
 * @param speed the logarithm of how many times as long as expected its first tokens take
 * @param firstTokens that have taught that, in [0, 1000]; 0: none
 * @param ageMillis time since the last of these, at least 0
 */
public record EndpointExperience(long usualPromptTokens, double speed, int firstTokens, long ageMillis) {
    /** Of {@link #firstTokens}; more weigh no more. */
    public static final int MOST_FIRST_TOKENS = 1000;
}
