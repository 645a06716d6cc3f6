package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.prefix.PrefixIndex;

/**
 * Makes the policies of one pool, by the name of their algorithm.
 *
 * @param table bindings; pools may share it
 * @param index predicted cache contents
 * @param blockSizeBytes size of the index's blocks
 * @param inFlight load
 * @param averages what answers have taught
 * @param seed of the random policy
 */
public record PolicyFactory(
        AffinityTable table,
        PrefixIndex index,
        int blockSizeBytes,
        InFlight inFlight,
        PoolAverages averages,
        long seed) {

    /** @throws IllegalArgumentException if the algorithm or a parameter is unknown, missing or out of range */
    public RoutingPolicy create(PolicyParameters parameters) {
        String algorithm = parameters.text("algorithm");
        RoutingPolicy policy = switch (algorithm) {
            case "expected-cost" -> expectedCost(parameters);
            case "sticky" -> new StickyPolicy(table, expectedCost(parameters));
            case "consistent-hash" ->
                new ConsistentHashPolicy(inFlight, loadBound(parameters), expectedCost(parameters));
            case "least-requests" -> new LeastRequestsPolicy(inFlight);
            case "round-robin" -> new RoundRobinPolicy();
            case "random" -> new RandomPolicy(seed);
            default ->
                throw new IllegalArgumentException(
                        "algorithm: %s (expected: expected-cost, sticky, consistent-hash, least-requests, round-robin or random)"
                                .formatted(algorithm));
        };
        parameters.checkAllRead();
        return policy;
    }

    private ExpectedCostPolicy expectedCost(PolicyParameters parameters) {
        return new ExpectedCostPolicy(
                CostParameters.read(parameters), table, index, blockSizeBytes, inFlight, averages);
    }

    private static LoadBound loadBound(PolicyParameters parameters) {
        return new LoadBound(parameters.number("load-factor", 1), parameters.whole("slack-requests", 0));
    }
}
