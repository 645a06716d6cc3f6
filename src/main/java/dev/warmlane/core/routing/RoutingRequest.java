package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBlocks;
import org.jspecify.annotations.Nullable;

/**
 * What a policy knows of a request.
 *
 * @param key what ties the request to an endpoint
 * @param prompt the blocks of its prompt; empty where it was not read
 * @param owner the endpoint that made the stored response it is about: no other can serve it; null where it is about none
 * @param id what its client and the logs call it, to find its decision again; null where nobody will ask
 */
public record RoutingRequest(
        AffinityKey key,
        PromptBlocks prompt,
        @Nullable EndpointId owner,
        @Nullable String id) {

    /** A request whose decision nobody will look for. */
    public RoutingRequest(AffinityKey key, PromptBlocks prompt) {
        this(key, prompt, null, null);
    }
}
