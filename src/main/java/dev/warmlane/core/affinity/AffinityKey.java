package dev.warmlane.core.affinity;

import com.dynatrace.hash4j.hashing.Hashing;
import org.jspecify.annotations.Nullable;

/**
 * What makes requests belong together, as a hash: the session id or address itself is never kept. The hash is the same in
 * every process, so that stateless replicas agree.
 *
 * @param source where the key comes from
 * @param hash 64 bits over scope, source and value
 */
public record AffinityKey(KeySource source, long hash) {

    private static final long MIXED = 0x9E3779B97F4A7C15L;

    /**
     * Within what keys are told apart: a session that talks to two models of a pool has a cache at each, maybe at different
     * endpoints.
     *
     * @param model null: the pool's first
     */
    public static String scope(String pool, @Nullable String model) {
        return model == null ? pool : pool + '\n' + model;
    }

    /**
     * The key of a value; the same value in another scope is another key.
     *
     * @param scope a pool, or as {@link #scope} says
     */
    public static AffinityKey of(String scope, KeySource source, String value) {
        long hash = Hashing.xxh3_64()
                .hashStream()
                .putString(scope)
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

    /** As a record's own, which goes through a method handle: several tables are searched for each request. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AffinityKey that && hash == that.hash && source == that.source;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(hash);
    }

    /** Where an affinity key comes from. */
    public enum KeySource {
        /** A session header or cookie: one conversation. */
        SESSION("session"),
        /** A field of the request body that names a conversation, or a prompt that many share: weaker. */
        BODY_SESSION("body-session"),
        /** The client's address: weaker, since many users can share one. */
        CLIENT_IP("client-ip"),
        /** The prompt itself: nothing is bound, the prefix index is the affinity. */
        PROMPT_PREFIX("prompt-prefix"),
        /** Nothing ties the request to an endpoint. */
        NONE("none");

        private final String label;

        KeySource(String label) {
            this.label = label;
        }

        /** The name in settings, response headers and metric labels. */
        public String label() {
            return label;
        }

        /** Whether keys of this source are bound to an endpoint in the affinity table. */
        public boolean binds() {
            return this == SESSION || isShared();
        }

        /** Whether it is a session's, wherever requests carry it. */
        public boolean isSession() {
            return this == SESSION || this == BODY_SESSION;
        }

        /** Whether many conversations can have one key: then it ties only a prompt that goes on after one of its own. */
        public boolean isShared() {
            return this == BODY_SESSION || this == CLIENT_IP;
        }

        /** Whether settings name this source: what is in a body counts as a session, after the headers. */
        public boolean isConfigurable() {
            return this != NONE && this != BODY_SESSION;
        }

        /** @throws IllegalArgumentException if no source has this label */
        public static KeySource ofLabel(String label) {
            for (KeySource source : values()) {
                if (source.label.equals(label)) {
                    return source;
                }
            }
            throw new IllegalArgumentException(
                    "key source: %s (expected: session, client-ip or prompt-prefix)".formatted(label));
        }
    }
}
