package dev.warmlane.tools.replay;

import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options that say what goes wrong. */
final class ScenarioOptions {
    @Option(names = "--add", split = ",", paramLabel = "SECONDS", description = "A cold endpoint joins at these times.")
    private List<Double> add = List.of();

    @Option(
            names = "--remove",
            split = ",",
            paramLabel = "SECONDS",
            description = "An endpoint is lost at these times; what it was computing starts again elsewhere.")
    private List<Double> remove = List.of();

    @Option(
            names = "--restart-each",
            paramLabel = "SECONDS",
            description = "So often the next endpoint is lost and a cold one takes its place.")
    private double restartEach;

    @Option(
            names = "--slow",
            split = ",",
            splitSynopsisLabel = ",",
            paramLabel = "N=FACTOR",
            description = "Endpoint N, from 0, takes FACTOR times as long for everything.")
    private Map<Integer, Double> slow = Map.of();

    @Option(
            names = "--index-scale",
            paramLabel = "FACTOR",
            description = "The index believes caches to be this many times their size (default: 1).")
    private double indexScale = 1;

    @Option(
            names = "--gateways",
            description = "Gateways that share the requests and know nothing of each other, >= 1 (default: 1).")
    private int gateways = 1;

    /** @throws IllegalArgumentException naming the option that is out of range */
    Scenario scenario() {
        return new Scenario(add, remove, restartEach, slow, indexScale, gateways);
    }
}
