package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.prefix.PredictedContents.BlockUses;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.EndpointSpeeds.TransferSpeed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a policy may read of its pool for one decision: the endpoints as they were when it began, and what the pool remembers,
 * which goes on changing meanwhile. Reading takes no lock and changes nothing.
 */
public final class RoutingView {
    private final PoolMemory memory;
    private final EndpointSnapshot snapshot;
    private final List<Endpoint> prefill;

    /** For a decision among these endpoints, none of which computes a prompt for another. */
    public RoutingView(PoolMemory memory, EndpointSnapshot snapshot) {
        this(memory, snapshot, List.of());
    }

    RoutingView(PoolMemory memory, EndpointSnapshot snapshot, List<Endpoint> prefill) {
        this.memory = memory;
        this.snapshot = snapshot;
        this.prefill = prefill;
    }

    /** The endpoints when the decision began. */
    public EndpointSnapshot snapshot() {
        return snapshot;
    }

    /** The endpoints that can compute the prompt for another, less those that were tried or are full. */
    public List<Endpoint> prefill() {
        return prefill;
    }

    /** The endpoint a key is bound to, which may have left the snapshot; null if it has none or its source binds nothing. */
    public @Nullable EndpointId boundEndpoint(AffinityKey key) {
        return key.source().binds() ? memory.bindings().peek(key) : null;
    }

    /**
     * The endpoint that a request's key is bound to; null if there is none. A key that many can share, such as an address, ties
     * only a prompt that goes on after one that came with it: an independent one goes by its own beginning and by load.
     *
     * @param heldBlocks leading blocks of the prompt that some endpoint holds
     */
    public @Nullable EndpointId boundEndpoint(RoutingRequest request, int heldBlocks) {
        AffinityKey key = request.key();
        if (!request.keyIsHint()) {
            return boundEndpoint(key);
        }
        return heldBlocks == 0 ? null : boundEndpoint(key.after(request.prompt().hash(heldBlocks - 1)));
    }

    /** How many leading blocks of the prompt each of these endpoints is predicted to hold, in their order. */
    public PrefixMatch match(PromptBlocks prompt, List<Endpoint> endpoints) {
        return memory.contents().match(prompt, endpoints);
    }

    /** How often the prompt's blocks come, as {@link dev.warmlane.core.prefix.PredictedContents#uses} says. */
    public BlockUses uses(PromptBlocks prompt, int from, int held, double leastPerSecond) {
        return memory.contents().uses(prompt, from, held, leastPerSecond);
    }

    /** How long a block that is not used lives at an endpoint, in seconds, infinite while there is room; 0 if unknown. */
    public double residenceSeconds(EndpointId endpoint) {
        return memory.contents().residenceSeconds(endpoint);
    }

    /** How many more blocks of prompts the endpoint's cache takes before it evicts any; 0 if unknown. */
    public long freeBlocks(EndpointId endpoint) {
        return memory.contents().freeBlocks(endpoint);
    }

    /** Bytes of prompts that the endpoint's cache holds; infinite if nobody has said. */
    public double capacityBytes(EndpointId endpoint) {
        return memory.contents().capacityBlocks(endpoint) * memory.blockSizeBytes();
    }

    /** Whether what comes with this key is one of a batch, and no turn of a conversation: its session has so many requests in flight. */
    public boolean isBatch(AffinityKey key) {
        return memory.sessions().isBatch(key, snapshot.selectable().size());
    }

    /** The load of each endpoint, as far as it is known. */
    public PoolLoad load() {
        return memory.load();
    }

    /** How fast endpoints compute prompts. */
    public EndpointSpeeds speeds() {
        return memory.speeds();
    }

    /** Which adapters endpoints have loaded. */
    public AdapterSlots adapters() {
        return memory.adapters();
    }

    /** How long decode endpoints take to fetch the blocks of a prompt. */
    public TransferSpeed transfers() {
        return memory.transfers();
    }

    /** What responses have taught of prompts and responses. */
    public PoolAverages averages() {
        return memory.averages();
    }

    /** How many requests of this pool were dispatched so far: whose turn it is, for policies that take turns. */
    public long dispatches() {
        return memory.dispatches();
    }

    /** A number of this pool's own, for policies that draw lots: with {@link #dispatches} it makes each draw another one. */
    public long seed() {
        return memory.seed();
    }
}
