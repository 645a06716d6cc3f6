package dev.warmlane.ops.actuator;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.affinity.Bindings.BindingInfo;
import dev.warmlane.core.affinity.ClientAddresses;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.proxy.access.Tenants;
import dev.warmlane.proxy.error.ApiException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/**
 * {@code /actuator/affinity}: how many keys are bound, and to what; looks one up or releases it. The keys come from the caller and
 * are never shown.
 */
@Endpoint(id = "affinity")
public final class AffinityEndpoint {
    private final Bindings bindings;
    private final @Nullable Tenants tenants;
    private final Pools pools;
    private final ServedModels models;

    /**
     * Over the bindings of these pools.
     *
     * @param pools the pools whose bindings they are
     * @param models by which a pool's keys are told apart
     * @param tenants that they are of; null where tenants are not told apart
     */
    public AffinityEndpoint(Bindings bindings, Pools pools, ServedModels models, @Nullable Tenants tenants) {
        this.bindings = bindings;
        this.tenants = tenants;
        this.pools = pools;
        this.models = models;
    }

    /** How many bindings there are, and those of each endpoint by name. */
    @ReadOperation
    public Summary summary() {
        Map<String, Long> byEndpoint = new TreeMap<>();
        for (Pool pool : pools.all()) {
            pool.endpoints().snapshot().endpoints().forEach(endpoint -> byEndpoint.put(endpoint.name(), 0L));
        }
        bindings.countByEndpoint().forEach((endpoint, count) -> byEndpoint.merge(nameOf(endpoint), count, Long::sum));
        return new Summary(bindings.size(), bindings.maxEntries(), bindings.ttl(), byEndpoint);
    }

    /**
     * The bindings of one key, one for each pool and model that has it; 404 if none has, or if there is no such source.
     *
     * @param source session, body-session or client-ip
     * @param key the session id or address as the client sends it
     * @param tenant whose it is, such as {@code tenant:acme} or {@code key:batch}; only where tenants are told apart
     */
    @ReadOperation
    public Lookup lookup(@Selector String source, @Selector String key, @Nullable String tenant) {
        Lookup found = find(source, key, tenant);
        if (found.bindings().isEmpty()) {
            throw notBound(source);
        }
        return found;
    }

    /** The same; without bindings if there is none. */
    public Lookup find(String source, String key, @Nullable String tenant) {
        KeySource keySource = sourceOf(source);
        List<Binding> found = new ArrayList<>();
        for (Scope scope : scopes()) {
            BindingInfo binding = bindings.describe(key(scope, keySource, key, tenant));
            if (binding != null) {
                found.add(new Binding(
                        scope.pool(),
                        scope.model(),
                        nameOf(binding.endpoint()),
                        binding.endpoint().value(),
                        binding.age(),
                        binding.idle(),
                        binding.uses()));
            }
        }
        return new Lookup(found);
    }

    /** Releases one key in every pool and for every model, so that its next request is placed anew; 404 as above. */
    @DeleteOperation
    public void release(@Selector String source, @Selector String key, @Nullable String tenant) {
        if (!releaseIfBound(source, key, tenant)) {
            throw notBound(source);
        }
    }

    /** The same; whether it was bound. */
    public boolean releaseIfBound(String source, String key, @Nullable String tenant) {
        KeySource keySource = sourceOf(source);
        boolean released = false;
        for (Scope scope : scopes()) {
            released |= bindings.release(key(scope, keySource, key, tenant));
        }
        return released;
    }

    private record Scope(String pool, @Nullable String model) {
        String text() {
            return AffinityKey.scope(pool, model);
        }
    }

    private List<Scope> scopes() {
        List<Scope> scopes = new ArrayList<>();
        for (Pool pool : pools.all()) {
            scopes.add(new Scope(pool.name(), null));
            models.catalog().models(pool.name()).stream()
                    .skip(1)
                    .forEach(model -> scopes.add(new Scope(pool.name(), model)));
        }
        return scopes;
    }

    private AffinityKey key(Scope scope, KeySource source, String key, @Nullable String tenant) {
        String value = source == KeySource.CLIENT_IP ? ClientAddresses.canonical(key) : key;
        return tenants == null || tenant == null
                ? AffinityKey.of(scope.text(), source, value)
                : tenants.of(tenant).key(scope.text(), source, value);
    }

    private static KeySource sourceOf(String label) {
        List<KeySource> binding =
                Arrays.stream(KeySource.values()).filter(KeySource::binds).toList();
        for (KeySource source : binding) {
            if (source.label().equals(label)) {
                return source;
            }
        }
        throw ApiException.unknownName(
                "source",
                label,
                "one of " + binding.stream().map(KeySource::label).collect(Collectors.joining(", ")));
    }

    private String nameOf(EndpointId id) {
        for (Pool pool : pools.all()) {
            EndpointSnapshot snapshot = pool.endpoints().snapshot();
            dev.warmlane.core.endpoint.Endpoint endpoint = snapshot.find(id);
            if (endpoint != null) {
                return endpoint.name();
            }
        }
        return id.value();
    }

    /** Without the key, which nobody is told. */
    private static ApiException notBound(String source) {
        return ApiException.unknownName("key", "not bound", "a bound " + source);
    }

    /**
     * All bindings.
     *
     * @param bindings live bindings: of sessions, and of conversations without a session id
     * @param maxEntries bindings kept at most
     * @param ttl how long a binding outlives its last use
     * @param byEndpoint live bindings of each endpoint
     */
    public record Summary(long bindings, long maxEntries, Duration ttl, Map<String, Long> byEndpoint) {}

    /**
     * Where one key is bound.
     *
     * @param bindings one for each pool and model
     */
    public record Lookup(List<Binding> bindings) {}

    /**
     * One binding.
     *
     * @param pool the pool's name
     * @param model the model that its requests name; null: the pool's first
     * @param endpoint the endpoint's name
     * @param endpointId the endpoint's id
     * @param age since it was bound there
     * @param idle since it was last used
     * @param uses requests that its endpoint took since it was bound, the first included
     */
    public record Binding(
            String pool,
            @Nullable String model,
            String endpoint,
            String endpointId,
            Duration age,
            Duration idle,
            long uses) {}
}
