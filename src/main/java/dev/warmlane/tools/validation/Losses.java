package dev.warmlane.tools.validation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Where the pool's hits of about the last hour were lost, as the gateway says: steps and delivered tokens sum to the prompts.
 *
 * @param promptTokens of requests whose engine said how many were cached
 * @param deliveredTokens of those that were
 * @param steps from the prompts down to what was delivered
 * @param main what to begin with; null if there is little to win
 */
record Losses(
        long promptTokens,
        long deliveredTokens,
        List<Step> steps,
        @Nullable String main) {

    Losses {
        steps = List.copyOf(steps);
    }

    /** One step; the remedy says what it is and what helps. */
    record Step(String cause, long tokens, double share, String remedy) {}

    /** @return null if nothing was delivered or lost yet, or nobody looks */
    static @Nullable Losses of(JsonNode cache) {
        JsonNode ladder = cache.at("/hour/ladder");
        if (ladder.path("promptTokens").asLong(0) == 0) {
            return null;
        }
        List<Step> steps = new ArrayList<>();
        for (JsonNode step : ladder.path("steps")) {
            steps.add(new Step(
                    step.path("cause").asString(""),
                    step.path("tokens").asLong(0),
                    step.path("share").asDouble(0),
                    step.path("remedy").asString("")));
        }
        return new Losses(
                ladder.path("promptTokens").asLong(),
                ladder.path("deliveredTokens").asLong(0),
                steps,
                ladder.path("main").asString(null));
    }

    /** What to begin with, in a sentence. */
    String advice() {
        return steps.stream()
                .filter(step -> step.cause().equals(main))
                .map(step -> "begin with %s: %s".formatted(step.cause(), step.remedy()))
                .findFirst()
                .orElse("there is little to win");
    }
}
