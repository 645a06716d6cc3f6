package dev.warmlane.affinity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.endpoint.EndpointId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint each key is bound to. Bounded: past its size the keys used least go first, so a flood of new sessions does
 * not evict the busy ones. A binding lives for a time to live after its last use. Safe for concurrent use; reading takes no
 * lock.
 */
public final class AffinityTable {
    private final Cache<AffinityKey, EndpointId> bindings;
    private final long maxEntries;
    private final Duration ttl;

    /**
     * @param maxEntries bindings kept at most, at least 1
     * @param ttl how long a binding outlives its last use, more than zero
     * @param ticker the clock, in nanoseconds
     * @throws IllegalArgumentException naming the argument that is out of range
     */
    public AffinityTable(long maxEntries, Duration ttl, Ticker ticker) {
        if (maxEntries < 1) {
            throw new IllegalArgumentException("max-entries: %d (expected: at least 1)".formatted(maxEntries));
        }
        if (ttl.isNegative() || ttl.isZero()) {
            throw new IllegalArgumentException("ttl: %s (expected: more than zero)".formatted(ttl));
        }
        this.maxEntries = maxEntries;
        this.ttl = ttl;
        // Maintenance runs on the calling thread: it is short, bounded work, and tests see its effect at once.
        this.bindings = Caffeine.newBuilder()
                .maximumSize(maxEntries)
                .expireAfterAccess(ttl)
                .ticker(ticker)
                .executor(Runnable::run)
                .recordStats()
                .build();
    }

    /** The endpoint a key is bound to, without counting as a use. */
    public @Nullable EndpointId peek(AffinityKey key) {
        return bindings.policy().getIfPresentQuietly(key);
    }

    /** Binds a key, replacing what it was bound to; starts its time to live anew. */
    public void bind(AffinityKey key, EndpointId endpoint) {
        bindings.put(key, endpoint);
    }

    /** Starts the time to live of a binding anew. Returns whether there is one. */
    public boolean touch(AffinityKey key) {
        return bindings.getIfPresent(key) != null;
    }

    /** Removes a binding. Returns whether there was one. */
    public boolean release(AffinityKey key) {
        return bindings.asMap().remove(key) != null;
    }

    /** Removes a binding only while it names this endpoint. */
    public void release(AffinityKey key, EndpointId endpoint) {
        bindings.asMap().remove(key, endpoint);
    }

    /** Removes every binding to an endpoint. Takes time in proportion to the table. */
    public void releaseAll(EndpointId endpoint) {
        bindings.asMap().values().removeIf(endpoint::equals);
    }

    /** Live bindings. Takes maintenance first, so expired ones do not count. */
    public long size() {
        bindings.cleanUp();
        return bindings.estimatedSize();
    }

    /** Live bindings of each endpoint that has any. Takes time in proportion to the table. */
    public Map<EndpointId, Long> countByEndpoint() {
        Map<EndpointId, Long> counts = new HashMap<>();
        bindings.asMap().values().forEach(endpoint -> counts.merge(endpoint, 1L, Long::sum));
        return counts;
    }

    /** Bindings that were dropped because the table was full or their time to live had passed. */
    public long evictions() {
        return bindings.stats().evictionCount();
    }

    public long maxEntries() {
        return maxEntries;
    }

    public Duration ttl() {
        return ttl;
    }
}
