package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.EndpointId;

/**
 * The load of each endpoint as far as it is known: what this gateway has in flight there, exactly; what its
 * replicas have, as of a moment ago; and about what other clients have. Safe for concurrent use.
 */
public final class PoolLoad {
    private final InFlight own;
    private final ReplicaLoad replicas;
    private final OtherClients others;
    private final PoolAverages averages;
    private final UsualLoad usual;

    PoolLoad(InFlight own, ReplicaLoad replicas, OtherClients others, PoolAverages averages, UsualLoad usual) {
        this.own = own;
        this.replicas = replicas;
        this.others = others;
        this.averages = averages;
        this.usual = usual;
    }

    /** Prompt tokens that the endpoint had in flight on average over the last minute or so; 0 where no time passes. */
    public long usualPromptTokens(EndpointId endpoint) {
        return usual.promptTokens(endpoint);
    }

    /** Of {@link #requests}, those of the other replicas of this gateway. */
    public int replicaRequests(EndpointId endpoint) {
        return replicas.requests(endpoint);
    }

    /** Requests in flight. */
    public int requests(EndpointId endpoint) {
        return own.requests(endpoint) + replicas.requests(endpoint) + others.requests(endpoint);
    }

    /** Prompt tokens of the requests in flight; the prompts of other clients count as average ones. */
    public long promptTokens(EndpointId endpoint) {
        return own.promptTokens(endpoint)
                + replicas.promptTokens(endpoint)
                + (long) (others.requests(endpoint) * averages.promptTokens());
    }

    /** Uncached prompt tokens of the requests whose first byte has not come back; of other clients nobody knows them. */
    public long prefillTokens(EndpointId endpoint) {
        return own.prefillTokens(endpoint) + replicas.prefillTokens(endpoint);
    }
}
