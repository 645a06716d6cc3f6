package dev.warmlane.core.endpoint;

import java.util.List;

/**
 * What an endpoint last said of its LoRA adapters. It does not say which are loaded and not in use. Immutable.
 *
 * @param slots adapters that it holds at a time; at least 1
 * @param running those of the requests in the engine's batch
 * @param waiting those of the requests queued in the engine
 */
public record EndpointAdapters(int slots, List<String> running, List<String> waiting) {
    public EndpointAdapters {
        running = List.copyOf(running);
        waiting = List.copyOf(waiting);
    }
}
