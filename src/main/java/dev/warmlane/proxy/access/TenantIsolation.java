package dev.warmlane.proxy.access;

import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import dev.warmlane.core.vllm.NestedMembers;
import dev.warmlane.core.vllm.TopLevelMembers;
import dev.warmlane.proxy.access.Tenants.Tenant;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.RouteTraits;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Writes into each body whose it is, so that an engine shares nothing of one tenant with another: its own cache salt in place
 * of whatever the client sent, an id of its own for each response that the engine stores, and no addresses of KV blocks.
 */
public final class TenantIsolation {
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
     * Makes the body the one to send. Fails with 400 if it is no JSON object, with 403 if the engine would share its cache
     * whatever is written, or if the body names what is shared, and with 404 if it speaks of another tenant's response.
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
            return;
        }
        mark(body, Map.of("cache_salt", tenant.cacheSalt(), "request_id", tenant.newResponseId()));
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
