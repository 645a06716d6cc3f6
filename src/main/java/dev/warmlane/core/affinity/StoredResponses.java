package dev.warmlane.core.affinity;

import com.dynatrace.hash4j.hashing.Hashing;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint made each stored response: only that one can return or continue it. Keeps hashes of their ids. Bounded, and
 * forgets a response a time to live after it was made or asked for. Safe for concurrent use; never blocks.
 */
public final class StoredResponses {
    private final Cache<Long, EndpointId> owners;
    private volatile Listener listener = (response, endpoint) -> {};

    /** Hears of responses. */
    @FunctionalInterface
    public interface Listener {
        /** @param response the hash that stands for it, the same in every process */
        void made(long response, EndpointId endpoint);
    }

    /**
     * Knows no response.
     *
     * @param maxEntries responses kept at most; past it those asked for least go first
     * @param ttl how long one is known after its last use
     * @param ticker the clock, in nanoseconds
     */
    public StoredResponses(long maxEntries, Duration ttl, Ticker ticker) {
        this.owners = Caffeine.newBuilder()
                .maximumSize(maxEntries)
                .expireAfterAccess(ttl)
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
    }

    /** An endpoint of a pool has made the response of this id. */
    public void made(String pool, String id, EndpointId endpoint) {
        long response = hash(pool, id);
        owners.put(response, endpoint);
        listener.made(response, endpoint);
    }

    /** The endpoint of a pool that made a response, which may have left; null if nobody knows. Counts as a use. */
    public @Nullable EndpointId owner(String pool, String id) {
        return owners.getIfPresent(hash(pool, id));
    }

    /** Takes over what another table knows; tells nobody. */
    public void merge(long response, EndpointId endpoint) {
        owners.put(response, endpoint);
    }

    /** Passes on all responses that are known, in no order. */
    public void forEach(Listener visitor) {
        owners.asMap().forEach(visitor::made);
    }

    /** Calls this after each {@link #made}, on the same thread. */
    public void onMade(Listener others) {
        listener = others;
    }

    private static long hash(String pool, String id) {
        return Hashing.xxh3_64().hashStream().putString(pool).putString(id).getAsLong();
    }
}
