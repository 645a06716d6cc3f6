package dev.warmlane.routing;

import dev.warmlane.affinity.AffinityKey;
import dev.warmlane.prefix.PromptBlocks;

/**
 * What a policy knows of a request.
 *
 * @param key what ties the request to an endpoint
 * @param prompt the blocks of its prompt; empty where it was not read
 */
public record RoutingRequest(AffinityKey key, PromptBlocks prompt) {}
