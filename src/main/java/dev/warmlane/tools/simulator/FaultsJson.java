package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.Faults.MetricsFault;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@link Faults} as JSON: durations in milliseconds, what is left out is no fault. */
final class FaultsJson {
    private static final long MAX_MILLIS = Duration.ofDays(1).toMillis();

    private FaultsJson() {}

    /**
     * Reads faults.
     *
     * @throws IllegalArgumentException naming the field, its value and what was expected
     */
    static Faults read(JsonNode node) {
        FaultsBuilder faults = Faults.builder();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            String name = field.getKey();
            JsonNode value = field.getValue();
            switch (name) {
                case "latencyMillis" -> faults.latency(millis(name, value));
                case "status" -> faults.status(integer(name, value));
                case "statusCount" -> faults.statusCount(integer(name, value));
                case "statusProbability" -> faults.statusProbability(fraction(name, value));
                case "hang" -> faults.hang(bool(name, value));
                case "resetAfterChunks" -> faults.resetAfterChunks(integer(name, value));
                case "refuseMillis" -> faults.refuse(millis(name, value));
                case "slowStartMillis" -> faults.slowStart(millis(name, value));
                case "metrics" -> faults.metrics(MetricsFault.parse(value.asString(value.toString())));
                case "zeroTokenAbort" -> faults.zeroTokenAbort(bool(name, value));
                case "unhealthy" -> faults.unhealthy(bool(name, value));
                default ->
                    throw wrong(name, value, "one of " + write(Faults.NONE).propertyNames());
            }
        }
        return faults.build();
    }

    static ObjectNode write(Faults faults) {
        return Json.object()
                .put("latencyMillis", faults.latency().toMillis())
                .put("status", faults.status())
                .put("statusCount", faults.statusCount())
                .put("statusProbability", faults.statusProbability())
                .put("hang", faults.hang())
                .put("resetAfterChunks", faults.resetAfterChunks())
                .put("refuseMillis", faults.refuse().toMillis())
                .put("slowStartMillis", faults.slowStart().toMillis())
                .put("metrics", faults.metrics().name().toLowerCase(Locale.ROOT))
                .put("zeroTokenAbort", faults.zeroTokenAbort())
                .put("unhealthy", faults.unhealthy());
    }

    private static Duration millis(String name, JsonNode value) {
        if (!value.isIntegralNumber() || value.asLong(-1) < 0 || value.asLong(-1) > MAX_MILLIS) {
            throw wrong(name, value, "0.." + MAX_MILLIS);
        }
        return Duration.ofMillis(value.asLong());
    }

    private static int integer(String name, JsonNode value) {
        if (!value.isInt()) {
            throw wrong(name, value, "an integer");
        }
        return value.intValue();
    }

    private static double fraction(String name, JsonNode value) {
        if (!value.isNumber()) {
            throw wrong(name, value, "0..1");
        }
        return value.doubleValue();
    }

    private static boolean bool(String name, JsonNode value) {
        if (!value.isBoolean()) {
            throw wrong(name, value, "true or false");
        }
        return value.booleanValue();
    }

    private static IllegalArgumentException wrong(String name, JsonNode value, String expected) {
        return new IllegalArgumentException("%s: %s (expected: %s)".formatted(name, value, expected));
    }
}
