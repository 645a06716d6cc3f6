package dev.warmlane.core.routing;

/**
 * Makes the policies of one algorithm. A jar on the class path adds an algorithm by naming its provider, which needs a public
 * constructor without arguments, in {@code META-INF/services/dev.warmlane.core.routing.RoutingPolicyProvider}.
 */
public interface RoutingPolicyProvider {

    /** What a policy file says as its {@code algorithm}, lower case; no other provider may have the same. */
    String algorithm();

    /**
     * Makes the policy of one pool.
     *
     * @param parameters of the policy's file; one that is not read is refused
     * @throws IllegalArgumentException naming a parameter that is missing or out of range
     */
    RoutingPolicy create(PolicyParameters parameters);
}
