package dev.warmlane.core.routing.policy;

import dev.warmlane.core.routing.LoadBound;
import dev.warmlane.core.routing.PolicyParameters;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingPolicyProvider;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy.StickyPolicy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Function;

/** Every algorithm that a policy file can name: those that come with the gateway, then those of jars on the class path. */
public final class Policies {
    private static final List<RoutingPolicyProvider> BUILT_IN = List.of(
            new BuiltIn("expected-cost", Policies::expectedCost),
            new BuiltIn("sticky", parameters -> new StickyPolicy(expectedCost(parameters))),
            new BuiltIn(
                    "consistent-hash",
                    parameters -> new ConsistentHashPolicy(loadBound(parameters), expectedCost(parameters))),
            new BuiltIn("lmetric", parameters -> PeerPolicy.lmetric(CostParameters.read(parameters))),
            new BuiltIn(
                    "prefix-threshold",
                    parameters -> PeerPolicy.prefixThreshold(
                            parameters.number("match-threshold", 0, 1),
                            parameters.number("gap-requests", 0),
                            parameters.number("gap-factor", 0),
                            CostParameters.read(parameters))),
            new BuiltIn(
                    "sticky-until-saturated",
                    parameters -> PeerPolicy.stickyUntilSaturated(
                            parameters.number("cache-share", 0, 1),
                            parameters.number("waiting-prompts", 0),
                            CostParameters.read(parameters))),
            new BuiltIn("least-requests", parameters -> ControlPolicy.LEAST_REQUESTS),
            new BuiltIn("round-robin", parameters -> ControlPolicy.ROUND_ROBIN),
            new BuiltIn("random", parameters -> ControlPolicy.RANDOM));

    private final Map<String, RoutingPolicyProvider> byAlgorithm = new LinkedHashMap<>();

    private Policies() {}

    /**
     * The algorithms there are where the gateway's own classes come from.
     *
     * @throws IllegalArgumentException if a provider cannot be loaded, or two have the same algorithm
     */
    public static Policies load() {
        return load(Policies.class.getClassLoader());
    }

    static Policies load(ClassLoader classPath) {
        Policies policies = new Policies();
        BUILT_IN.forEach(policies::add);
        try {
            ServiceLoader.load(RoutingPolicyProvider.class, classPath).forEach(policies::add);
        } catch (ServiceConfigurationError e) {
            throw new IllegalArgumentException("policy provider: " + e.getMessage(), e);
        }
        return policies;
    }

    /** @throws IllegalArgumentException if the algorithm or a parameter is unknown, missing or out of range */
    public RoutingPolicy create(PolicyParameters parameters) {
        String algorithm = parameters.text("algorithm");
        RoutingPolicyProvider provider = byAlgorithm.get(algorithm);
        if (provider == null) {
            throw new IllegalArgumentException("algorithm: %s (expected: one of %s)"
                    .formatted(algorithm, String.join(", ", byAlgorithm.keySet())));
        }
        RoutingPolicy policy = provider.create(parameters);
        parameters.checkAllRead();
        return policy;
    }

    private void add(RoutingPolicyProvider provider) {
        RoutingPolicyProvider other = byAlgorithm.putIfAbsent(provider.algorithm(), provider);
        if (other != null) {
            throw new IllegalArgumentException("algorithm: %s of %s (expected: another name, %s has this one)"
                    .formatted(
                            provider.algorithm(),
                            provider.getClass().getName(),
                            other.getClass().getName()));
        }
    }

    private static ExpectedCostPolicy expectedCost(PolicyParameters parameters) {
        return new ExpectedCostPolicy(CostParameters.read(parameters));
    }

    private static LoadBound loadBound(PolicyParameters parameters) {
        return new LoadBound(parameters.number("load-factor", 1), parameters.whole("slack-requests", 0));
    }

    private record BuiltIn(String algorithm, Function<PolicyParameters, RoutingPolicy> maker)
            implements RoutingPolicyProvider {
        @Override
        public RoutingPolicy create(PolicyParameters parameters) {
            return maker.apply(parameters);
        }
    }
}
