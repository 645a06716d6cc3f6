package dev.warmlane.tools.replay;

import java.util.List;
import java.util.Map;

/**
 * What is not as it should be during a replay. Immutable.
 *
 * @param addSeconds times at which a cold endpoint joins
 * @param removeSeconds times at which the endpoint that joined first is lost, with all that it was computing
 * @param restartEachSeconds every so often the next endpoint is lost and a cold one takes its place; 0 for never
 * @param slowdowns by the number of an endpoint from 0: how many times as long everything takes there
 * @param indexScale what the index believes an endpoint's cache to be, in parts of its size; > 0
 * @param gateways how many gateways share the requests evenly and know nothing of each other; at least 1
 */
public record Scenario(
        List<Double> addSeconds,
        List<Double> removeSeconds,
        double restartEachSeconds,
        Map<Integer, Double> slowdowns,
        double indexScale,
        int gateways) {

    /** Everything is as it should be. */
    public static final Scenario CALM = new Scenario(List.of(), List.of(), 0, Map.of(), 1, 1);

    public Scenario {
        addSeconds = List.copyOf(addSeconds);
        removeSeconds = List.copyOf(removeSeconds);
        slowdowns = Map.copyOf(slowdowns);
        if (!(restartEachSeconds >= 0)) {
            throw new IllegalArgumentException("restart each: %s s (expected: >= 0)".formatted(restartEachSeconds));
        }
        if (!(indexScale > 0 && indexScale < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("index scale: %s (expected: > 0)".formatted(indexScale));
        }
        if (gateways < 1) {
            throw new IllegalArgumentException("gateways: %d (expected: >= 1)".formatted(gateways));
        }
    }

    public Scenario withAdd(double seconds) {
        return new Scenario(List.of(seconds), removeSeconds, restartEachSeconds, slowdowns, indexScale, gateways);
    }

    public Scenario withRemove(double seconds) {
        return new Scenario(addSeconds, List.of(seconds), restartEachSeconds, slowdowns, indexScale, gateways);
    }

    public Scenario withRestartEach(double seconds) {
        return new Scenario(addSeconds, removeSeconds, seconds, slowdowns, indexScale, gateways);
    }

    public Scenario withSlow(int endpoint, double factor) {
        return new Scenario(
                addSeconds, removeSeconds, restartEachSeconds, Map.of(endpoint, factor), indexScale, gateways);
    }

    public Scenario withIndexScale(double newScale) {
        return new Scenario(addSeconds, removeSeconds, restartEachSeconds, slowdowns, newScale, gateways);
    }

    public Scenario withGateways(int newGateways) {
        return new Scenario(addSeconds, removeSeconds, restartEachSeconds, slowdowns, indexScale, newGateways);
    }
}
