package dev.warmlane.routing;

import dev.warmlane.endpoint.Endpoint;

/** A request on its way to an endpoint. Its owner reports what becomes of it and closes it once, twice or from any thread. */
public final class Dispatch implements AutoCloseable {
    private final RoutingDecision decision;
    private final RoutingPolicy policy;
    private final Router router;
    private final Lease lease;

    Dispatch(RoutingDecision decision, RoutingPolicy policy, Router router, Lease lease) {
        this.decision = decision;
        this.policy = policy;
        this.router = router;
        this.lease = lease;
    }

    public RoutingDecision decision() {
        return decision;
    }

    public Endpoint endpoint() {
        return decision.endpoint();
    }

    /** The endpoint answered with response headers that the client will see. */
    public void accepted() {
        policy.accepted(decision);
    }

    /** The first byte of the answer came back: the prefill is over. */
    public void firstByte() {
        lease.firstByte();
    }

    /** The answer is complete and its usage known. */
    public void delivered(Delivery delivery) {
        router.delivered(decision, delivery);
    }

    /** The endpoint answered with an error: it computed nothing that is worth remembering. */
    public void refused() {
        policy.failed(decision);
    }

    /** The endpoint did not take the request; it may go to another. */
    public void failed() {
        policy.failed(decision);
        lease.close();
    }

    /** The request is over, whatever way. */
    @Override
    public void close() {
        lease.close();
    }
}
