package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBlocks;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a policy knows of a request.
 *
 * @param key what ties the request to an endpoint
 * @param prompt the blocks of its prompt; empty where it was not read
 * @param unsuited endpoints that cannot serve it, because they do not have its model
 * @param owner the endpoint that made the stored response it is about: no other can serve it; null where it is about none
 * @param model as it names it, to be told with its decision; null where nobody has looked
 * @param needsAdapter whether that is an adapter, which an endpoint loads to serve it
 * @param streams whether its response is streamed and its priority no lower than others', so that its first token comes when its turn does
 * @param id what its client and the logs call it, to find its decision again; null where nobody will ask
 * @param whole why one endpoint has to compute all of it; null where its prompt can be computed by another
 */
public record RoutingRequest(
        AffinityKey key,
        PromptBlocks prompt,
        Set<EndpointId> unsuited,
        @Nullable EndpointId owner,
        @Nullable String model,
        boolean needsAdapter,
        boolean streams,
        @Nullable String id,
        @Nullable PrefillBypass whole) {
    private static final int MAX_MODEL = 128;

    public RoutingRequest {
        unsuited = Set.copyOf(unsuited);
        model = model == null || model.length() <= MAX_MODEL ? model : model.substring(0, MAX_MODEL);
    }

    /** A request whose decision nobody will look for. */
    public RoutingRequest(AffinityKey key, PromptBlocks prompt) {
        this(key, prompt, Set.of(), null, null, false, false, null, null);
    }

    /** The same without the prompt's blocks. */
    RoutingRequest withoutPrompt() {
        return new RoutingRequest(key, PromptBlocks.EMPTY, unsuited, owner, model, needsAdapter, streams, id, whole);
    }

    /** Whether the key says little beside the prompt: many can share it, and the prompt is known. */
    public boolean keyIsHint() {
        return key.source().isShared() && prompt.bytes() > 0;
    }

    /** The adapter that an endpoint loads to serve it; null if it needs none. */
    public @Nullable String adapter() {
        return needsAdapter ? model : null;
    }

    /** The same, but any endpoint may be asked. */
    public RoutingRequest anywhere() {
        return new RoutingRequest(key, prompt, Set.of(), owner, model, needsAdapter, streams, id, whole);
    }

    /** These endpoints and those that cannot serve it. */
    public Set<EndpointId> withUnsuited(Set<EndpointId> excluded) {
        if (unsuited.isEmpty() || excluded.isEmpty()) {
            return unsuited.isEmpty() ? excluded : unsuited;
        }
        Set<EndpointId> all = new HashSet<>(unsuited);
        all.addAll(excluded);
        return all;
    }

    /** Why the endpoint that makes a response computes the prompt as well, in a pool that has endpoints for prompts. */
    public enum PrefillBypass {
        /** The request generates nothing, or by an API whose responses do not carry transfers. */
        API,
        /** It asks for several responses, or has several prompts: each would be a transfer of its own. */
        SEVERAL,
        /** Beam search, which is many requests inside the engine. */
        BEAM_SEARCH,
        /** It asks for the log probabilities of its prompt, which only who computes it knows. */
        PROMPT_LOGPROBS,
        /** It is about a stored response, which is at one endpoint. */
        STORED_RESPONSE,
        /** The endpoint may do both. */
        BOTH,
        /** What it has to compute is too short for a transfer. */
        SHORT,
        /** It holds most of the prompt, and computing the rest costs less. */
        HELD,
        /** Computing all of it costs less there. */
        CHEAPER,
        /** No prefill endpoint takes it. */
        NO_ENDPOINT;

        /** The name in endpoints and metric labels: lower case, with dashes. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
