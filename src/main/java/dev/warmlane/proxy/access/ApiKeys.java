package dev.warmlane.proxy.access;

import dev.warmlane.core.hash.Sha256;
import dev.warmlane.proxy.access.Authenticator.Identity;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The keys that are known, by their SHA-256 hashes. Immutable.
 *
 * <p>Implementation notes: a plain hash suffices because keys are random; salt and stretching protect what people can remember. The
 * first eight bytes of the hash find the entry, and the whole is compared in constant time. The time of the search depends on the
 * hash of the caller's own guess, which says nothing about any key.
 */
public final class ApiKeys {
    private static final int HASH_BYTES = 32;

    private final Map<Long, Entry> entries;

    private static final class Entry {
        private final byte[] hash;
        private final Identity identity;

        Entry(byte[] hash, Identity identity) {
            this.hash = hash;
            this.identity = identity;
        }
    }

    private ApiKeys(Map<Long, Entry> entries) {
        this.entries = entries;
    }

    /**
     * The keys of these identities.
     *
     * @param hashes for each identity the SHA-256 hashes of its keys, in hexadecimal
     * @throws IllegalArgumentException if a hash is none, or two keys have the same; it does not show the hash
     */
    public static ApiKeys of(Map<Identity, List<String>> hashes) {
        Map<Long, Entry> entries = new HashMap<>();
        hashes.forEach((identity, keys) -> {
            for (String key : keys) {
                Entry entry = new Entry(parse(identity, key), identity);
                if (entries.put(prefix(entry.hash), entry) != null) {
                    throw new IllegalArgumentException(
                            "key %s: sha256: the hash of another key too (expected: a hash of its own)"
                                    .formatted(identity.name()));
                }
            }
        });
        return new ApiKeys(Map.copyOf(entries));
    }

    /** Whose key this is, or null if it is nobody's. */
    public @Nullable Identity find(String key) {
        byte[] hash = Sha256.of(key);
        Entry entry = entries.get(prefix(hash));
        return entry != null && MessageDigest.isEqual(entry.hash, hash) ? entry.identity : null;
    }

    private static byte[] parse(Identity identity, String hex) {
        try {
            byte[] hash = HexFormat.of().parseHex(hex.strip());
            if (hash.length == HASH_BYTES) {
                return hash;
            }
        } catch (IllegalArgumentException e) {
            // Said below, without the text, which may be a key that was put here by mistake.
        }
        throw new IllegalArgumentException("key %s: sha256: %d characters (expected: 64 hexadecimal digits)"
                .formatted(identity.name(), hex.strip().length()));
    }

    private static long prefix(byte[] hash) {
        return ByteBuffer.wrap(hash).getLong();
    }
}
