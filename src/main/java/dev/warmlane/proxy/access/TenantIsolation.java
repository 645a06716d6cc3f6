package dev.warmlane.proxy.access;

import dev.warmlane.core.vllm.MalformedJsonException;
import dev.warmlane.core.vllm.NestedMembers;
import dev.warmlane.core.vllm.TopLevelMembers;
import dev.warmlane.proxy.error.ApiException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.web.server.ServerWebExchange;

/**
 * Writes into each body whose it is, so that an engine shares nothing of one tenant with another: its own cache salt in place
 * of whatever the client sent, an id of its own for each response that the engine stores, and no addresses of KV blocks.
 */
public final class TenantIsolation {
    /** In a route's metadata: whether the engine reads the salt there. */
    private static final String SALT_METADATA = "cache-salt";

    private static final String RESPONSES = "/v1/responses";
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
     * The body to send. Fails with 400 if it is no JSON object, with 403 if the engine would share its cache whatever is
     * written, or if the body names what is shared, and with 404 if it speaks of another tenant's response.
     */
    byte[] isolate(ServerWebExchange exchange, Tenant tenant, byte[] body) {
        Route route = exchange.getRequiredAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
        if ("unread".equals(route.getMetadata().get(SALT_METADATA))) {
            if (!servesUnsalted) {
                throw ApiException.forbidden(
                        null, "not_isolated", "Engines share their cache between tenants on this path.");
            }
            return body;
        }
        String path = exchange.getRequest().getURI().getRawPath();
        if (path.startsWith(RESPONSES + "/")) {
            requireOwn(tenant, idIn(path));
        }
        if (body.length == 0) {
            return body;
        }
        if (!path.equals(RESPONSES)) {
            return salted(tenant, body);
        }
        byte[] marked = marked(body, Map.of("cache_salt", tenant.cacheSalt(), "request_id", tenant.newResponseId()));
        TopLevelMembers.texts(marked, "previous_response_id").forEach(id -> requireOwn(tenant, id));
        return marked;
    }

    /** The body with the tenant's salt alone. Fails with 400 if it is no JSON object. */
    public static byte[] salted(Tenant tenant, byte[] body) {
        return marked(body, Map.of("cache_salt", tenant.cacheSalt()));
    }

    private static byte[] marked(byte[] body, Map<String, String> members) {
        try {
            byte[] marked = TopLevelMembers.replace(body, KV_ADDRESSES, members);
            String shared = NAMES_OF_SHARED.firstIn(marked);
            if (shared != null) {
                throw ApiException.forbidden(
                        shared,
                        "not_isolated",
                        "The request may not have `%s`: what it names is shared between tenants.".formatted(shared));
            }
            return marked;
        } catch (MalformedJsonException e) {
            throw ApiException.badRequest(null, "invalid_json", "The request body is not JSON: " + e.getMessage());
        }
    }

    private static String idIn(String path) {
        int start = RESPONSES.length() + 1;
        int end = path.indexOf('/', start);
        return path.substring(start, end < 0 ? path.length() : end);
    }

    private static void requireOwn(Tenant tenant, String responseId) {
        if (!tenant.owns(responseId)) {
            throw ApiException.unknownResponse();
        }
    }
}
