package dev.warmlane.harness;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Gateways by their settings, for tests to which it does not matter what a gateway did before: those that want the same share one.
 * All close at the end, for the first that does ends the event loops that all run on; a start that fails does so, too.
 */
public final class SharedGateways implements AutoCloseable {
    private final Function<String[], RunningGateway> start;
    private final Map<List<String>, RunningGateway> started = new HashMap<>();

    /** @param start starts a gateway with settings */
    public SharedGateways(Function<String[], RunningGateway> start) {
        this.start = start;
    }

    public RunningGateway with(String... settings) {
        return started.computeIfAbsent(List.of(settings), missing -> start.apply(settings));
    }

    @Override
    public void close() {
        started.values().forEach(RunningGateway::close);
    }
}
