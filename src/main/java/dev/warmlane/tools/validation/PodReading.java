package dev.warmlane.tools.validation;

import dev.warmlane.core.vllm.PrefixCacheCounters;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One endpoint as {@code /actuator/vllm} shows it.
 *
 * @param id of this life of the pod, or its URL
 * @param name as answers name it
 * @param state the label of its state; probation is told apart from other ejections
 * @param counters since it started; null while it has not told them
 * @param busy requests running, waiting or in flight
 * @param blockSizeTokens null where it does not say
 * @param prefixCaching null where it does not say
 * @param models what it serves
 * @param ageMillis since its counters were read; null if they never were
 * @param unreadable whether they could not be read the last time
 */
record PodReading(
        String id,
        String name,
        String state,
        @Nullable PrefixCacheCounters counters,
        long busy,
        @Nullable Integer blockSizeTokens,
        @Nullable Boolean prefixCaching,
        List<String> models,
        @Nullable Long ageMillis,
        boolean unreadable) {
    /** A healthy pod that waits for a request to show that it is back: the warm-up brings it one. */
    private static final String PROBATION = "probation";

    private static final Set<String> SELECTABLE = Set.of("ready", "starting", PROBATION);
    private static final String DRAINING = "draining";

    static PodReading of(JsonNode json) {
        JsonNode cache = json.path("prefixCache");
        List<String> models = new ArrayList<>();
        json.path("models").forEach(model -> models.add(model.asString()));
        JsonNode scrape = json.path("scrape");
        return new PodReading(
                json.path("id").asString(""),
                json.path("name").asString(""),
                json.path("ejection").path("probation").asBoolean(false)
                        ? PROBATION
                        : json.path("state").asString(""),
                cache.path("queriedTokens").isNumber()
                        ? new PrefixCacheCounters(
                                cache.path("queriedTokens").asLong(),
                                cache.path("hitTokens").asLong(0))
                        : null,
                json.path("running").asLong(0)
                        + json.path("waiting").asLong(0)
                        + json.path("inFlight").asLong(0),
                json.path("blockSizeTokens").isNumber()
                        ? (Integer) json.path("blockSizeTokens").asInt()
                        : null,
                json.path("prefixCaching").isBoolean()
                        ? (Boolean) json.path("prefixCaching").asBoolean()
                        : null,
                models,
                scrape.path("ageMillis").isNumber()
                        ? (Long) scrape.path("ageMillis").asLong()
                        : null,
                scrape.hasNonNull("error"));
    }

    /** Whether new sessions may go there. */
    boolean isSelectable() {
        return SELECTABLE.contains(state);
    }

    /** Whether it is on its way out as intended, so that nobody need miss it. */
    boolean isLeaving() {
        return state.equals(DRAINING);
    }
}
