package dev.warmlane.core.affinity;

import com.dynatrace.hash4j.hashing.Hashing;

/**
 * What makes requests belong together, as a hash: the session id or address itself is never kept. The hash is the same in
 * every process, so that stateless replicas agree.
 *
 * @param source where the key comes from
 * @param hash 64 bits over pool, source and value
 */
public record AffinityKey(KeySource source, long hash) {

    private static final long MIXED = 0x9E3779B97F4A7C15L;

    /** The key of a value within a pool; the same value in another pool is another key. */
    public static AffinityKey of(String pool, KeySource source, String value) {
        long hash = Hashing.xxh3_64()
                .hashStream()
                .putString(pool)
                .putString(source.label())
                .putString(value)
                .getAsLong();
        return new AffinityKey(source, hash);
    }

    /**
     * The key of what goes on after a prompt of whoever has this key: the next turn of one of several conversations behind an
     * address.
     *
     * @param lastBlock the hash of the prompt's last full block
     */
    public AffinityKey after(long lastBlock) {
        return new AffinityKey(source, (hash ^ lastBlock) * MIXED + hash);
    }

    /** The key of a request that nothing ties to an endpoint; the seed only spreads ties. */
    public static AffinityKey none(long seed) {
        return new AffinityKey(KeySource.NONE, seed);
    }

    /** The key of a request whose prompt decides; the hash of the prompt spreads prompts that are new. */
    public static AffinityKey promptPrefix(long promptHash) {
        return new AffinityKey(KeySource.PROMPT_PREFIX, promptHash);
    }
}
