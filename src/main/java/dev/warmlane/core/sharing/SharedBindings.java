package dev.warmlane.core.sharing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.affinity.Bindings.BindingInfo;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.sharing.Fact.FactQueue;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The bindings of all replicas: a table whose changes are sent to the others and that applies theirs. A key has one binding in the
 * end, whichever replicas bound it ({@link AffinityTable#merge}), and lives on by use through any of them.
 */
public final class SharedBindings implements Bindings {
    private final AffinityTable table;
    private final FactQueue facts;

    SharedBindings(AffinityTable table, FactQueue facts) {
        this.table = table;
        this.facts = facts;
    }

    @Override
    public @Nullable EndpointId bind(AffinityKey key, EndpointId endpoint) {
        return table.bind(key, endpoint, order -> facts.add(new Fact.Bound(key, endpoint, order)));
    }

    @Override
    public boolean bindIfAbsent(AffinityKey key, EndpointId endpoint) {
        return table.bindIfAbsent(key, endpoint, order -> facts.add(new Fact.Bound(key, endpoint, order)));
    }

    @Override
    public void rebind(AffinityKey key, EndpointId from, EndpointId to) {
        table.rebind(key, from, to, order -> facts.add(new Fact.Bound(key, to, order)));
    }

    @Override
    public boolean release(AffinityKey key) {
        return table.release(key, () -> facts.add(new Fact.Unbound(key, null)));
    }

    @Override
    public void release(AffinityKey key, EndpointId endpoint) {
        table.release(key, endpoint, () -> facts.add(new Fact.Unbound(key, endpoint)));
    }

    /** Tells nobody: endpoints that leave leave all replicas. */
    @Override
    public void releaseAll(Set<EndpointId> endpoints) {
        table.releaseAll(endpoints);
    }

    /** Tells nobody: whoever is told of the binding counts that as its use. */
    @Override
    public boolean touch(AffinityKey key) {
        return table.touch(key);
    }

    @Override
    public @Nullable EndpointId peek(AffinityKey key) {
        return table.peek(key);
    }

    @Override
    public @Nullable BindingInfo describe(AffinityKey key) {
        return table.describe(key);
    }

    @Override
    public long size() {
        return table.size();
    }

    @Override
    public Map<EndpointId, Long> countByEndpoint() {
        return table.countByEndpoint();
    }

    @Override
    public Map<EndpointId, Long> countByEndpoint(KeySource source) {
        return table.countByEndpoint(source);
    }

    @Override
    public long evictions() {
        return table.evictions();
    }

    @Override
    public long maxEntries() {
        return table.maxEntries();
    }

    @Override
    public Duration ttl() {
        return table.ttl();
    }
}
