package dev.warmlane.tools.validation;

import dev.warmlane.core.vllm.PrefixCacheCounters;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One endpoint as {@code /actuator/vllm} shows it.
 *
 * @param id of this life of the pod, or its URL
 * @param name as responses name it
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
        JsonNode scrape = json.path("scrape");
        boolean probation = json.path("ejection").path("probation").asBoolean(false);
        boolean counted = json.path("prefixCache").path("queriedTokens").isNumber();
        return new PodReading(
                json.path("id").asString(""),
                json.path("name").asString(""),
                probation ? PROBATION : json.path("state").asString(""),
                counted ? value(json, "prefixCache", PrefixCacheCounters.class) : null,
                json.path("running").asLong(0)
                        + json.path("waiting").asLong(0)
                        + json.path("inFlight").asLong(0),
                value(json, "blockSizeTokens", Integer.class),
                value(json, "prefixCaching", Boolean.class),
                json.path("models").valueStream().map(JsonNode::asString).toList(),
                value(scrape, "ageMillis", Long.class),
                scrape.hasNonNull("error"));
    }

    private static <T> @Nullable T value(JsonNode json, String name, Class<T> type) {
        return json.hasNonNull(name) ? JsonMapper.shared().treeToValue(json.get(name), type) : null;
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
