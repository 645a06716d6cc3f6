package dev.warmlane.core.affinity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.Bindings.BindingInfo;
import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The bindings of this process alone. Past its size the keys used least go first, so a flood of new sessions does not evict
 * the busy ones. Reading takes no lock; {@link #releaseAll} walks the whole table.
 */
public final class AffinityTable implements Bindings {
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

    @Override
    public @Nullable EndpointId peek(AffinityKey key) {
        Binding binding = bindings.policy().getIfPresentQuietly(key);
        return binding == null ? null : binding.endpoint();
    }

    @Override
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

    @Override
    public @Nullable EndpointId bind(AffinityKey key, EndpointId endpoint) {
        return bind(key, endpoint, order -> {});
    }

    /**
     * Binds a key as {@link #bind(AffinityKey, EndpointId)} does.
     *
     * @param told how often the key has been bound to another endpoint, this time included: the order of the binding, from 1.
     *     Called before anything else changes the key, so that what is told of one key is told in the order in which it
     *     happened; must be short and leave this table alone
     */
    public @Nullable EndpointId bind(AffinityKey key, EndpointId endpoint, LongConsumer told) {
        AtomicReference<@Nullable EndpointId> before = new AtomicReference<>();
        bindings.asMap().compute(key, (same, binding) -> {
            before.setPlain(binding == null ? null : binding.endpoint());
            Binding bound = binding != null && binding.endpoint().equals(endpoint)
                    ? binding
                    : binding(endpoint, binding == null ? 1 : binding.order() + 1);
            told.accept(bound.order());
            return bound;
        });
        return before.getPlain();
    }

    @Override
    public boolean bindIfAbsent(AffinityKey key, EndpointId endpoint) {
        return bindIfAbsent(key, endpoint, order -> {});
    }

    /**
     * Binds a key as {@link #bindIfAbsent(AffinityKey, EndpointId)} does.
     *
     * @param told called if it binds, as in {@link #bind(AffinityKey, EndpointId, LongConsumer)}
     */
    public boolean bindIfAbsent(AffinityKey key, EndpointId endpoint, LongConsumer told) {
        if (peek(key) != null) {
            // Mostly; it is asked for each request.
            return false;
        }
        boolean[] binds = {false};
        bindings.asMap().computeIfAbsent(key, absent -> {
            binds[0] = true;
            told.accept(1);
            return binding(endpoint, 1);
        });
        return binds[0];
    }

    @Override
    public void rebind(AffinityKey key, EndpointId from, EndpointId to) {
        rebind(key, from, to, order -> {});
    }

    /**
     * Binds a key as {@link #rebind(AffinityKey, EndpointId, EndpointId)} does.
     *
     * @param told called if that changes anything, as in {@link #bind(AffinityKey, EndpointId, LongConsumer)}
     */
    public void rebind(AffinityKey key, EndpointId from, EndpointId to, LongConsumer told) {
        bindings.asMap().computeIfPresent(key, (same, binding) -> {
            if (!binding.endpoint().equals(from) || from.equals(to)) {
                return binding;
            }
            Binding bound = binding(to, binding.order() + 1);
            told.accept(bound.order());
            return bound;
        });
    }

    /**
     * Takes over what another table says of a key, if that is later than what this one knows; starts the time to live anew in
     * any case, as the key was used. Of two bindings of the same order the one counts whose endpoint weighs more for the key
     * ({@link RendezvousHash}): tables that bound a new key at the same time agree without asking each other.
     *
     * @param order of the other table's binding
     */
    public void merge(AffinityKey key, EndpointId endpoint, long order) {
        bindings.asMap()
                .compute(
                        key,
                        (same, binding) -> binding != null && !isLater(key, endpoint, order, binding)
                                ? binding
                                : binding(endpoint, order));
    }

    private static boolean isLater(AffinityKey key, EndpointId endpoint, long order, Binding than) {
        if (order != than.order() || endpoint.equals(than.endpoint())) {
            return order > than.order();
        }
        return RendezvousHash.weight(key.hash(), endpoint) > RendezvousHash.weight(key.hash(), than.endpoint());
    }

    /** Passes on all bindings, in no order; those made meanwhile may be among them. */
    public void forEach(Visitor visitor) {
        bindings.asMap().forEach((key, binding) -> visitor.binding(key, binding.endpoint(), binding.order()));
    }

    /** Hears of bindings. */
    @FunctionalInterface
    public interface Visitor {
        void binding(AffinityKey key, EndpointId endpoint, long order);
    }

    private Binding binding(EndpointId endpoint, long order) {
        return new Binding(endpoint, order, ticker.read(), new AtomicLong());
    }

    @Override
    public boolean touch(AffinityKey key) {
        Binding binding = bindings.getIfPresent(key);
        if (binding == null) {
            return false;
        }
        binding.uses().incrementAndGet();
        return true;
    }

    @Override
    public boolean release(AffinityKey key) {
        return bindings.asMap().remove(key) != null;
    }

    /**
     * Removes a binding as {@link #release(AffinityKey)} does.
     *
     * @param told called in any case, as in {@link #bind(AffinityKey, EndpointId, LongConsumer)}
     */
    public boolean release(AffinityKey key, Runnable told) {
        boolean[] wasBound = {false};
        bindings.asMap().compute(key, (same, binding) -> {
            wasBound[0] = binding != null;
            told.run();
            return null;
        });
        return wasBound[0];
    }

    @Override
    public void release(AffinityKey key, EndpointId endpoint) {
        release(key, endpoint, () -> {});
    }

    /**
     * Removes a binding as {@link #release(AffinityKey, EndpointId)} does.
     *
     * @param told called in any case, as in {@link #bind(AffinityKey, EndpointId, LongConsumer)}
     */
    public void release(AffinityKey key, EndpointId endpoint, Runnable told) {
        bindings.asMap().compute(key, (same, binding) -> {
            told.run();
            return binding == null || binding.endpoint().equals(endpoint) ? null : binding;
        });
    }

    @Override
    public void releaseAll(Set<EndpointId> endpoints) {
        bindings.asMap().values().removeIf(binding -> endpoints.contains(binding.endpoint()));
    }

    @Override
    public long size() {
        // Maintenance first, so that expired ones do not count.
        bindings.cleanUp();
        return bindings.estimatedSize();
    }

    @Override
    public Map<EndpointId, Long> countByEndpoint() {
        Map<EndpointId, Long> counts = new HashMap<>();
        bindings.asMap().values().forEach(binding -> counts.merge(binding.endpoint(), 1L, Long::sum));
        return counts;
    }

    @Override
    public Map<EndpointId, Long> countByEndpoint(KeySource source) {
        Map<EndpointId, Long> counts = new HashMap<>();
        bindings.asMap().forEach((key, binding) -> {
            if (key.source() == source) {
                counts.merge(binding.endpoint(), 1L, Long::sum);
            }
        });
        return counts;
    }

    @Override
    public long evictions() {
        return bindings.stats().evictionCount();
    }

    @Override
    public long maxEntries() {
        return maxEntries;
    }

    @Override
    public Duration ttl() {
        return ttl;
    }

    /** Where a key is bound, how often it was bound anew, since when, and how often it was used since. */
    private record Binding(EndpointId endpoint, long order, long boundNanos, AtomicLong uses) {}
}
