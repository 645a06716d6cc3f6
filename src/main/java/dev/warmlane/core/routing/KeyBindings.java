package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Binds the keys of dispatched requests to their endpoints, and releases new bindings of failed ones. Where a key is only a hint, it
 * is bound together with the prompt, so that only what continues this prompt follows.
 */
final class KeyBindings {
    private final Bindings bindings;

    KeyBindings(Bindings bindings) {
        this.bindings = bindings;
    }

    /** Whether a decision binds the key of its request. */
    static boolean isBinding(RoutingDecision decision) {
        return decision.remember().binding()
                && decision.request().key().source().binds();
    }

    /** Whether no earlier binding could have been continued. */
    static boolean isFirst(RoutingDecision decision) {
        return decision.outcome() == Outcome.PLACED || isIndependent(decision);
    }

    /** Whether the prompt decided although the request has a key that binds: the key is bound in any case. */
    private static boolean isIndependent(RoutingDecision decision) {
        return decision.source() == KeySource.PROMPT_PREFIX;
    }

    /** The request is about to be sent. */
    void dispatched(RoutingDecision decision) {
        if (isBinding(decision) && (decision.outcome() != Outcome.SPILLED || isIndependent(decision))) {
            bind(decision.request(), decision.endpoint().id());
        }
    }

    /** The endpoint answered with response headers. */
    void accepted(RoutingDecision decision) {
        if (isBinding(decision)) {
            bindings.touch(boundKey(decision.request()));
        }
    }

    /** The endpoint did not take the request: a new binding is taken back. */
    void failed(RoutingDecision decision) {
        if (isBinding(decision) && (isFirst(decision) || decision.outcome() == Outcome.MOVED)) {
            bindings.release(boundKey(decision.request()), decision.endpoint().id());
        }
    }

    private void bind(RoutingRequest request, EndpointId endpoint) {
        AffinityKey key = boundKey(request);
        bindings.bind(key, endpoint);
        // The address itself keeps its first endpoint: where costs are equal, that is one to prefer.
        if (!key.equals(request.key()) && bindings.peek(request.key()) == null) {
            bindings.bind(request.key(), endpoint);
        }
    }

    private static AffinityKey boundKey(RoutingRequest request) {
        PromptBlocks prompt = request.prompt();
        return request.keyIsHint() && prompt.length() > 0
                ? request.key().after(prompt.hash(prompt.length() - 1))
                : request.key();
    }

    /**
     * How many requests each session has in flight. Turns of a conversation come one after the other, but for parallel calls of an agent. A
     * session with {@value #LEAST} and two for each endpoint is a batch under one name: an evaluation, or an application that sends one id
     * for all its users. Has no more entries than there are requests. Safe for concurrent use.
     */
    static final class SessionsInFlight {
        /** An agent may have as many parallel calls, however small the pool is, and stays with its cache. */
        static final int LEAST = 16;

        private static final int FOR_EACH_ENDPOINT = 2;

        private final ConcurrentHashMap<Long, Integer> requests = new ConcurrentHashMap<>();

        /** Counts a request of this key until what it returns is run, once. */
        Runnable opened(AffinityKey key) {
            Long session = key.hash();
            requests.merge(session, 1, Integer::sum);
            return () -> requests.computeIfPresent(session, (id, count) -> count == 1 ? null : count - 1);
        }

        /** Whether a session has so many requests in flight that it is a batch; no other key is a session's. */
        boolean isBatch(AffinityKey key, int endpoints) {
            return isSession(key)
                    && requests.getOrDefault(key.hash(), 0) >= Math.max(LEAST, FOR_EACH_ENDPOINT * endpoints);
        }

        /** Whether requests of this key are counted: behind an address may be many people, and a prompt is nobody's. */
        static boolean isSession(AffinityKey key) {
            return key.source() == KeySource.SESSION;
        }

        /** Sessions that have any. */
        int size() {
            return requests.size();
        }
    }
}
