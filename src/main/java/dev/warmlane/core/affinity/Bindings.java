package dev.warmlane.core.affinity;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint each key is bound to. Implementations are bounded, forget a binding a time to live after its last use, are
 * safe for concurrent use, and never block: they are read and written while a request is on its way.
 */
public interface Bindings {

    /** The endpoint a key is bound to, without counting as a use; null if it has none. */
    @Nullable
    EndpointId peek(AffinityKey key);

    /** What is known of a key's binding, without counting as a use; null if it has none. */
    @Nullable
    BindingInfo describe(AffinityKey key);

    /**
     * Binds a key, replacing what it was bound to unless that is the same; starts its time to live anew.
     *
     * @return where it was bound until now; null if nowhere
     */
    @Nullable
    EndpointId bind(AffinityKey key, EndpointId endpoint);

    /** Binds a key that has no binding. Returns whether it had none. */
    boolean bindIfAbsent(AffinityKey key, EndpointId endpoint);

    /** Binds a key to another endpoint only while it is bound to this one. */
    void rebind(AffinityKey key, EndpointId from, EndpointId to);

    /** Starts the time to live of a binding anew. Returns whether there is one. */
    boolean touch(AffinityKey key);

    /** Removes a binding. Returns whether there was one. */
    boolean release(AffinityKey key);

    /** Removes a binding only while it names this endpoint. */
    void release(AffinityKey key, EndpointId endpoint);

    /** Removes every binding to one of these endpoints. May take time in proportion to the number of all bindings. */
    void releaseAll(Set<EndpointId> endpoints);

    /** Live bindings; expired ones do not count. */
    long size();

    /** Live bindings of each endpoint that has any. Takes time in proportion to their number. */
    Map<EndpointId, Long> countByEndpoint();

    /** Live bindings of keys of one source, of each endpoint that has any. Takes time in proportion to their number. */
    Map<EndpointId, Long> countByEndpoint(KeySource source);

    /** Bindings that were dropped because there were too many or their time to live had passed. */
    long evictions();

    /** Bindings kept at most. */
    long maxEntries();

    /** How long a binding outlives its last use. */
    Duration ttl();

    /**
     * What is known of a binding.
     *
     * @param endpoint where the key is bound
     * @param age since it was bound there
     * @param idle since it was last used
     * @param uses how often requests followed it since
     */
    record BindingInfo(EndpointId endpoint, Duration age, Duration idle, long uses) {}
}
