package dev.warmlane.proxy.access;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.KeySource;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** What marks the things of one tenant. Immutable. */
public final class Tenant {
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
                source, ByteBuffer.wrap(hash.of(scope, source.label(), value)).getLong());
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
