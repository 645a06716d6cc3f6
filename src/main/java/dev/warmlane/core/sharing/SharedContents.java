package dev.warmlane.core.sharing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PredictedContents;
import dev.warmlane.core.prefix.PredictedContents.BlockUses;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.sharing.Fact.FactQueue;
import java.util.List;

/**
 * The predicted contents of one pool's caches, from what all replicas place: an index whose changes are sent to the others and that
 * applies theirs.
 */
public final class SharedContents implements PredictedContents {
    private final String pool;
    private final PrefixIndex index;
    private final FactQueue facts;

    SharedContents(String pool, PrefixIndex index, FactQueue facts) {
        this.pool = pool;
        this.index = index;
        this.facts = facts;
    }

    @Override
    public PrefixMatch match(PromptBlocks prompt, List<Endpoint> candidates) {
        return index.match(prompt, candidates);
    }

    /** Tells nobody: what is placed is told, and every replica sees about as much of a block as of everything. */
    @Override
    public void used(PromptBlocks prompt, long user) {
        index.used(prompt, user);
    }

    @Override
    public BlockUses uses(PromptBlocks prompt, int from, int held, double leastPerSecond) {
        return index.uses(prompt, from, held, leastPerSecond);
    }

    @Override
    public double capacityBlocks(EndpointId endpoint) {
        return index.capacityBlocks(endpoint);
    }

    @Override
    public long freeBlocks(EndpointId endpoint) {
        return index.freeBlocks(endpoint);
    }

    @Override
    public double residenceSeconds(EndpointId endpoint) {
        return index.residenceSeconds(endpoint);
    }

    @Override
    public int insert(EndpointId endpoint, PromptBlocks prompt) {
        int held = index.insert(endpoint, prompt);
        if (prompt.length() > 0) {
            facts.add(new Fact.Placed(pool, endpoint, prompt, held));
        }
        return held;
    }

    @Override
    public void trim(EndpointId endpoint, PromptBlocks prompt, int heldBlocks) {
        index.trim(endpoint, prompt, heldBlocks);
        if (heldBlocks < prompt.length()) {
            facts.add(new Fact.Trimmed(pool, endpoint, prompt, heldBlocks));
        }
    }

    @Override
    public void correct(EndpointId endpoint, double missedBlocks) {
        index.correct(endpoint, missedBlocks);
        if (missedBlocks != 0) {
            facts.add(new Fact.Corrected(pool, endpoint, missedBlocks));
        }
    }

    /** Tells nobody: each replica asks the engine itself. */
    @Override
    public void capacity(EndpointId endpoint, long blocks) {
        index.capacity(endpoint, blocks);
    }

    @Override
    public void emptied(EndpointId endpoint) {
        index.emptied(endpoint);
        facts.add(new Fact.Emptied(pool, endpoint));
    }

    /** Tells nobody: an endpoint that leaves leaves all replicas. */
    @Override
    public void remove(EndpointId endpoint) {
        index.remove(endpoint);
    }
}
