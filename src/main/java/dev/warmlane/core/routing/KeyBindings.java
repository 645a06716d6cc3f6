package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Binds the keys of dispatched requests to their endpoints, and takes new bindings of failed ones back. Where a key is only a hint, it
 * is bound together with the prompt, so that only what continues this prompt follows.
 */
final class KeyBindings {
    private final Bindings bindings;

    KeyBindings(Bindings bindings) {
        this.bindings = bindings;
    }

    /**
     * What a dispatch has bound anew.
     *
     * @param endpoint where its key was bound before; null: nowhere, or nothing is bound
     * @param address whether it has bound the key itself as well, which is only a hint and was bound nowhere
     */
    record Before(@Nullable EndpointId endpoint, boolean address) {
        /** Of a dispatch that binds nothing. */
        static final Before NOTHING = new Before(null, false);
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

    /** The request is about to be sent. Returns what {@link #failed} takes back. */
    Before dispatched(RoutingDecision decision) {
        if (!isBinding(decision) || (decision.outcome() == Outcome.SPILLED && !isIndependent(decision))) {
            return Before.NOTHING;
        }
        AffinityKey asked = decision.request().key();
        AffinityKey key = boundKey(decision.request());
        EndpointId endpoint = decision.endpoint().id();
        EndpointId before = bindings.bind(key, endpoint);
        // The address itself keeps its first endpoint: where costs are equal, that is one to prefer.
        return new Before(before, !key.equals(asked) && bindings.bindIfAbsent(asked, endpoint));
    }

    /** The endpoint has sent response headers. */
    void accepted(RoutingDecision decision) {
        if (isBinding(decision)) {
            bindings.touch(boundKey(decision.request()));
        }
    }

    /**
     * The endpoint did not take the request: a new binding is taken back, unless the key was bound elsewhere meanwhile.
     *
     * @param before where the key is bound again
     */
    void failed(RoutingDecision decision, Before before) {
        EndpointId endpoint = decision.endpoint().id();
        if (before.address()) {
            bindings.release(decision.request().key(), endpoint);
        }
        if (!isBinding(decision) || (!isFirst(decision) && decision.outcome() != Outcome.MOVED)) {
            return;
        }
        AffinityKey key = boundKey(decision.request());
        if (before.endpoint() == null) {
            bindings.release(key, endpoint);
        } else {
            bindings.rebind(key, endpoint, before.endpoint());
        }
    }

    /** The endpoint had left when the key of the request was bound to it. */
    void unbind(RoutingRequest request, EndpointId endpoint) {
        bindings.release(boundKey(request), endpoint);
        bindings.release(request.key(), endpoint);
    }

    private static AffinityKey boundKey(RoutingRequest request) {
        PromptBlocks prompt = request.prompt();
        return request.keyIsHint() && prompt.length() > 0
                ? request.key().after(prompt.hash(prompt.length() - 1))
                : request.key();
    }
}
