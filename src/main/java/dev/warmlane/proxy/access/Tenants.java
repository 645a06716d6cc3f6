package dev.warmlane.proxy.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;

/**
 * Makes the marks of every tenant from one secret. All replicas must have the same secret; a new one makes every cache cold
 * once. Safe for concurrent use; remembers 10,000 tenants, and makes the marks of others anew each time.
 */
public final class Tenants {
    /** What a secret must have at least; 32 random bytes are as good as it gets. */
    public static final int MIN_SECRET_BYTES = 32;

    private static final int REMEMBERED = 10_000;

    private final KeyedHash secret;
    private final Cache<String, Tenant> tenants = Caffeine.newBuilder()
            .maximumSize(REMEMBERED)
            .executor(Runnable::run)
            .build();

    /** @throws IllegalArgumentException if the secret is too short */
    public Tenants(byte[] secret) {
        if (secret.length < MIN_SECRET_BYTES) {
            throw new IllegalArgumentException(
                    "%d bytes (expected: at least %d)".formatted(secret.length, MIN_SECRET_BYTES));
        }
        this.secret = new KeyedHash(secret);
    }

    /** The tenant of a name. */
    public Tenant of(String name) {
        Tenant known = tenants.getIfPresent(name);
        return known != null ? known : tenants.get(name, missing -> new Tenant(secret, missing));
    }
}
