package dev.warmlane.core.affinity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint each key is bound to. Bounded: past its size the keys used least go first, so a flood of new sessions does
 * not evict the busy ones. A binding lives for a time to live after its last use. Safe for concurrent use; reading takes no
 * lock.
 */
public final class AffinityTable {
    private final Cache<AffinityKey, Binding> bindings;
    private final Ticker ticker;
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
        this.ticker = ticker;
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
        Binding binding = bindings.policy().getIfPresentQuietly(key);
        return binding == null ? null : binding.endpoint();
    }

    /** What is known of a key's binding, without counting as a use; null if it has none. */
    public @Nullable BindingInfo describe(AffinityKey key) {
        Binding binding = bindings.policy().getIfPresentQuietly(key);
        if (binding == null) {
            return null;
        }
        Duration age = Duration.ofNanos(ticker.read() - binding.boundNanos());
        Duration idle = bindings.policy()
                .expireAfterAccess()
                .flatMap(policy -> policy.ageOf(key))
                .orElse(Duration.ZERO);
        return new BindingInfo(binding.endpoint(), age, idle, binding.uses().get());
    }

    /** Binds a key, replacing what it was bound to unless that is the same; starts its time to live anew. */
    public void bind(AffinityKey key, EndpointId endpoint) {
        bindings.asMap()
                .compute(
                        key,
                        (same, binding) -> binding != null && binding.endpoint().equals(endpoint)
                                ? binding
                                : new Binding(endpoint, ticker.read(), new AtomicLong()));
    }

    /** Starts the time to live of a binding anew. Returns whether there is one. */
    public boolean touch(AffinityKey key) {
        Binding binding = bindings.getIfPresent(key);
        if (binding == null) {
            return false;
        }
        binding.uses().incrementAndGet();
        return true;
    }

    /** Removes a binding. Returns whether there was one. */
    public boolean release(AffinityKey key) {
        return bindings.asMap().remove(key) != null;
    }

    /** Removes a binding only while it names this endpoint. */
    public void release(AffinityKey key, EndpointId endpoint) {
        bindings.asMap()
                .computeIfPresent(key, (same, binding) -> binding.endpoint().equals(endpoint) ? null : binding);
    }

    /** Removes every binding to an endpoint. Takes time in proportion to the table. */
    public void releaseAll(EndpointId endpoint) {
        bindings.asMap().values().removeIf(binding -> binding.endpoint().equals(endpoint));
    }

    /** Live bindings. Takes maintenance first, so expired ones do not count. */
    public long size() {
        bindings.cleanUp();
        return bindings.estimatedSize();
    }

    /** Live bindings of each endpoint that has any. Takes time in proportion to the table. */
    public Map<EndpointId, Long> countByEndpoint() {
        Map<EndpointId, Long> counts = new HashMap<>();
        bindings.asMap().values().forEach(binding -> counts.merge(binding.endpoint(), 1L, Long::sum));
        return counts;
    }

    /** Live bindings of keys of one source, of each endpoint that has any. Takes time in proportion to the table. */
    public Map<EndpointId, Long> countByEndpoint(KeySource source) {
        Map<EndpointId, Long> counts = new HashMap<>();
        bindings.asMap().forEach((key, binding) -> {
            if (key.source() == source) {
                counts.merge(binding.endpoint(), 1L, Long::sum);
            }
        });
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

    /** Where a key is bound, since when, and how often that was used since. */
    private record Binding(EndpointId endpoint, long boundNanos, AtomicLong uses) {}
}
