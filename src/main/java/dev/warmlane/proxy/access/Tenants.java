package dev.warmlane.proxy.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.proxy.access.Tenants.Tenant;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes the marks of every tenant, which {@link TenantIsolation} writes into bodies, from one secret. All replicas must have the same
 * secret; a new one makes every cache cold once. Safe for concurrent use; remembers 10,000 tenants, and makes the marks of others anew
 * each time.
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

    /** HMAC-SHA256 (RFC 2104) under one key. Safe for concurrent use. */
    private static final class KeyedHash {
        private static final String ALGORITHM = "HmacSHA256";

        /** Keyed and never fed: every use clones it, which spares deriving the key's pads anew. */
        private final Mac keyed;

        KeyedHash(byte[] key) {
            try {
                keyed = Mac.getInstance(ALGORITHM);
                keyed.init(new SecretKeySpec(key, ALGORITHM));
            } catch (NoSuchAlgorithmException | InvalidKeyException e) {
                throw new IllegalStateException("every Java has " + ALGORITHM, e);
            }
        }

        /** The hash of texts, told apart from any other split of the same characters. */
        byte[] of(String... texts) {
            try {
                Mac mac = (Mac) keyed.clone();
                for (String text : texts) {
                    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                    mac.update(new byte[] {
                        (byte) (bytes.length >>> 24),
                        (byte) (bytes.length >>> 16),
                        (byte) (bytes.length >>> 8),
                        (byte) bytes.length
                    });
                    mac.update(bytes);
                }
                return mac.doFinal();
            } catch (CloneNotSupportedException e) {
                throw new IllegalStateException("the JDK's own " + ALGORITHM + " can be cloned", e);
            }
        }
    }

    /** What marks the things of one tenant. Immutable. */
    public static final class Tenant {
        private static final String RESPONSE_PREFIX = "resp_";
        private static final int MARK_BYTES = 16;

        private final KeyedHash hash;
        private final String cacheSalt;
        private final String responseMark;

        Tenant(KeyedHash secret, String name) {
            this.hash = new KeyedHash(secret.of("tenant", name));
            this.cacheSalt = Base64.getUrlEncoder().withoutPadding().encodeToString(hash.of("cache-salt"));
            this.responseMark = RESPONSE_PREFIX + HexFormat.of().formatHex(hash.of("response"), 0, MARK_BYTES);
        }

        /** The salt of its blocks in the engines' caches: 43 characters that need no escape in JSON. */
        public String cacheSalt() {
            return cacheSalt;
        }

        /** The key of a session or an address of this tenant; the same value of another tenant is another key. */
        public AffinityKey key(String scope, KeySource source, String value) {
            return new AffinityKey(
                    source,
                    ByteBuffer.wrap(hash.of(scope, source.label(), value)).getLong());
        }

        /** A new id for a response that this tenant may ask for again. */
        public String newResponseId() {
            ThreadLocalRandom random = ThreadLocalRandom.current();
            // Whose it is protects it; the rest only has to be new.
            return responseMark + "%016x%016x".formatted(random.nextLong(), random.nextLong());
        }

        /** Whether a response of this id is this tenant's. */
        public boolean owns(String responseId) {
            return responseId.startsWith(responseMark);
        }
    }
}
