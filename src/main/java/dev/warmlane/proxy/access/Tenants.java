package dev.warmlane.proxy.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.hash.Sha256.Hmac;
import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import dev.warmlane.core.vllm.TopLevelMembers;
import dev.warmlane.core.vllm.TopLevelMembers.NestedMembers;
import dev.warmlane.proxy.access.Tenants.Tenant;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.RouteTraits;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;

/**
 * Makes the marks of every tenant, which {@link TenantIsolation} writes into bodies, from one secret. All replicas must have the same
 * secret; a new one makes every cache cold once. Safe for concurrent use; remembers 10,000 tenants, and makes the marks of others anew
 * each time.
 */
public final class Tenants {
    /** What a secret must have at least; 32 random bytes are as good as it gets. */
    public static final int MIN_SECRET_BYTES = 32;

    private static final int REMEMBERED = 10_000;

    private final Hmac secret;
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
        this.secret = new Hmac(secret);
    }

    /** The tenant of a name. */
    public Tenant of(String name) {
        Tenant known = tenants.getIfPresent(name);
        return known != null ? known : tenants.get(name, missing -> new Tenant(secret, missing));
    }

    /** What marks the things of one tenant. Immutable. */
    public static final class Tenant {
        private static final String RESPONSE_PREFIX = "resp_";
        private static final int MARK_BYTES = 16;

        private final Hmac hash;
        private final String cacheSalt;
        private final String responseMark;

        Tenant(Hmac secret, String name) {
            this.hash = new Hmac(secret.of("tenant", name));
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

    /**
     * Writes into each body whose it is, so that an engine shares nothing of one tenant with another: its own cache salt in place
     * of whatever the client sent, an id of its own for each response that the engine stores, and no addresses of KV blocks.
     */
    public static final class TenantIsolation {
        private static final Set<String> KV_ADDRESSES = Set.of("kv_transfer_params", "ec_transfer_params");

        /** Where else a body can name blocks by their address, and images by a name that is the same for all tenants. */
        private static final NestedMembers NAMES_OF_SHARED = new NestedMembers(List.of(
                "sampling_params.extra_args.kv_transfer_params",
                "sampling_params.extra_args.ec_transfer_params",
                "vllm_xargs.kv_transfer_params",
                "vllm_xargs.ec_transfer_params",
                "features.mm_hashes",
                "messages.content.uuid",
                "input.content.uuid"));

        private final Tenants tenants;
        private final boolean servesUnsalted;

        /** @param servesUnsalted whether paths pass on which engines do not read the salt */
        TenantIsolation(Tenants tenants, boolean servesUnsalted) {
            this.tenants = tenants;
            this.servesUnsalted = servesUnsalted;
        }

        Tenant tenant(String name) {
            return tenants.of(name);
        }

        /**
         * Makes the body the one to send. Fails with 400 if it is no JSON object, with 404 if it names another tenant's response, and with
         * 403 if it names what tenants share or goes to an engine that would share its cache whatever the body says.
         *
         * @param rawPath of the request
         * @param traits of its route
         * @param engines tells whether all that could serve the request are of a release or a later one
         */
        void isolate(
                String rawPath, RouteTraits traits, Predicate<EngineVersion> engines, Tenant tenant, RequestBody body) {
            EngineVersion since = traits.saltSince();
            if (since == null || (!since.equals(RouteTraits.ALWAYS) && !engines.test(since))) {
                if (!servesUnsalted) {
                    throw ApiException.forbidden(
                            null, "not_isolated", "Engines share their cache between tenants on this path.");
                }
                return;
            }
            String stored = traits.storedResponse(rawPath);
            if (stored != null) {
                requireOwn(tenant, stored);
            }
            if (body.isEmpty()) {
                return;
            }
            if (!traits.storesResponses() || stored != null) {
                salt(tenant, body);
            } else {
                mark(body, Map.of("cache_salt", tenant.cacheSalt(), "request_id", tenant.newResponseId()));
            }
            // On any path: a prompt that is only rendered may go on from a response, too.
            body.parse().previousResponses().forEach(id -> requireOwn(tenant, id));
        }

        /** Gives the body the tenant's salt alone. Fails with 400 if it is no JSON object. */
        public static void salt(Tenant tenant, RequestBody body) {
            mark(body, Map.of("cache_salt", tenant.cacheSalt()));
        }

        private static void mark(RequestBody body, Map<String, String> members) {
            try {
                body.rewrite(bytes -> TopLevelMembers.replace(
                        bytes, KV_ADDRESSES, members, NAMES_OF_SHARED, TenantIsolation::refuseShared));
            } catch (MalformedJsonException e) {
                throw ApiException.notJson(e);
            }
        }

        private static void refuseShared(String name) {
            throw ApiException.forbidden(
                    name,
                    "not_isolated",
                    "The request may not have `%s`: what it names is shared between tenants.".formatted(name));
        }

        private static void requireOwn(Tenant tenant, String responseId) {
            if (!tenant.owns(responseId)) {
                throw ApiException.unknownResponse();
            }
        }
    }
}
