package dev.warmlane.harness;

import dev.warmlane.tools.simulator.SimulatedFleet;
import java.net.URI;
import java.util.ArrayList;
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

    /**
     * One with these settings whose pool "default" has these engines alone; what it knew of those before them is gone.
     *
     * @param endpoints URLs, with roles behind as in the settings
     */
    public RunningGateway inFrontOf(List<String> endpoints, String... settings) {
        RunningGateway shared = started.get(List.of(settings));
        if (shared == null) {
            List<String> all = new ArrayList<>(List.of(settings));
            if (all.stream().noneMatch(setting -> setting.startsWith(RunningGateway.SLOW_START))) {
                // Those of a start have none.
                all.add(RunningGateway.SLOW_START + "0s");
            }
            all.add("warmlane.pools[0].name=default");
            all.add("warmlane.pools[0].endpoints=" + String.join(",", endpoints));
            shared = start.apply(all.toArray(new String[0])).ready();
            started.put(List.of(settings), shared);
        } else {
            shared.replaceEndpoints(endpoints);
        }
        return shared;
    }

    public RunningGateway inFrontOf(SimulatedFleet fleet, String... settings) {
        return inFrontOf(fleet.uris().stream().map(URI::toString).toList(), settings);
    }

    @Override
    public void close() {
        started.values().forEach(RunningGateway::close);
    }
}
