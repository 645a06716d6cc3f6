package dev.warmlane.tools.validation;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One pool as {@code /actuator/vllm} shows it. */
record PoolReading(String name, List<PodReading> pods) {
    private static final int USUAL_BLOCK_SIZE_TOKENS = 16;

    /** Every pool of a response. */
    static List<PoolReading> all(JsonNode json) {
        List<PoolReading> pools = new ArrayList<>();
        for (JsonNode pool : json.path("pools")) {
            List<PodReading> pods = new ArrayList<>();
            pool.path("endpoints").forEach(pod -> pods.add(PodReading.of(pod)));
            pools.add(new PoolReading(pool.path("pool").asString(""), pods));
        }
        return pools;
    }

    int selectable() {
        return (int) pods.stream().filter(PodReading::isSelectable).count();
    }

    /** Whether it has this pod, and new sessions may go there. */
    boolean takesRequests(String id) {
        return pods.stream().anyMatch(pod -> pod.isSelectable() && pod.id().equals(id));
    }

    /** The largest of the pods, 16 where none says. */
    int blockSizeTokens() {
        return pods.stream()
                .map(PodReading::blockSizeTokens)
                .filter(Objects::nonNull)
                .mapToInt(Integer::intValue)
                .max()
                .orElse(USUAL_BLOCK_SIZE_TOKENS);
    }

    /** What its first pod with a list of models serves first; null if none has listed any. */
    @Nullable
    String firstModel() {
        return pods.stream().flatMap(pod -> pod.models().stream()).findFirst().orElse(null);
    }

    boolean serves(String model) {
        return pods.stream().anyMatch(pod -> pod.models().contains(model));
    }

    /** Whether all counters that can be read were read after a moment. */
    boolean isReadSince(long momentNanos, long askedNanos) {
        return pods.stream()
                .filter(pod -> !pod.unreadable() && pod.isSelectable())
                .allMatch(pod -> pod.ageMillis() != null && askedNanos - pod.ageMillis() * 1_000_000 > momentNanos);
    }
}
