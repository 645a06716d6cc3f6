package dev.warmlane.proxy.http;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.proxy.error.ErrorJson.ErrorFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.web.server.ServerWebExchange;

/**
 * What is special about the paths of a route, as {@code gateway/routes.yaml} says in its metadata. Read once for each route.
 *
 * @param affinity whether requests have anything worth keeping warm; not where {@code affinity: none}
 * @param saltSince the release from which engines read the cache salt; {@link #ALWAYS}, or null: none does, as with
 *     {@code cache-salt: unread}
 * @param usageChunk whether engines end a stream with a usage chunk when stream_options ask: {@code usage-chunk: on-request}
 * @param storesResponses whether engines keep responses that later requests name: {@code api: responses}
 * @param webSocket whether requests go on as WebSockets: {@code api: realtime}
 * @param errors the format of errors: Anthropic's with {@code api: messages}, Cohere's with {@code api: cohere}
 */
public record RouteTraits(
        boolean affinity,
        @Nullable EngineVersion saltSince,
        boolean usageChunk,
        boolean storesResponses,
        boolean webSocket,
        ErrorFormat errors) {
    /** All releases. */
    public static final EngineVersion ALWAYS = new EngineVersion(0, 0);

    /** The names of all that is read of the metadata, and what it may say. Of the cache salt, a release as well. */
    private static final Map<String, List<String>> VALUES = Map.of(
            "affinity", List.of("none"),
            "cache-salt", List.of("unread"),
            "usage-chunk", List.of("on-request"),
            "api", List.of("responses", "messages", "cohere", "realtime"));

    static final Set<String> NAMES = VALUES.keySet();

    /** What comes before the id of a stored response in its path. */
    private static final String STORED_RESPONSE = "/responses/";

    /** By identity, and only as long as the route lives. */
    private static final LoadingCache<Route, RouteTraits> KNOWN = Caffeine.newBuilder()
            .weakKeys()
            // Its upkeep is nothing. Handed to another thread, it wakes that one for every few requests.
            .executor(Runnable::run)
            .build(route -> of(route.getMetadata()));

    /** The traits of the route that a request has taken. */
    public static RouteTraits of(ServerWebExchange exchange) {
        return KNOWN.get(exchange.getRequiredAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR));
    }

    /** The id of the stored response that a path of this route is about; null if it is about none. */
    public @Nullable String storedResponse(String rawPath) {
        int at = storesResponses ? rawPath.indexOf(STORED_RESPONSE) : -1;
        if (at < 0) {
            return null;
        }
        int start = at + STORED_RESPONSE.length();
        int end = rawPath.indexOf('/', start);
        return rawPath.substring(start, end < 0 ? rawPath.length() : end);
    }

    /** The format of the gateway's own errors: that of the route that the request has taken, else that of its path. */
    public static ErrorFormat errorFormat(ServerWebExchange exchange) {
        Route route = exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
        return route == null
                ? ErrorFormat.ofPath(exchange.getRequest().getURI().getRawPath())
                : KNOWN.get(route).errors();
    }

    /** What the metadata of a route should say under this name instead of this value; null if it may say that. */
    public static @Nullable String expected(String name, Object value) {
        List<String> values = VALUES.get(name);
        if (values == null || values.contains(value.toString())) {
            return null;
        }
        if (!name.equals("cache-salt")) {
            return String.join(", ", values);
        }
        return EngineVersion.parse(value.toString()) == null ? "unread, or a release such as 0.29" : null;
    }

    private static @Nullable EngineVersion saltSince(@Nullable Object value) {
        return value == null ? ALWAYS : EngineVersion.parse(value.toString());
    }

    /** The traits of a route with this metadata. */
    public static RouteTraits of(Map<String, Object> metadata) {
        return new RouteTraits(
                !"none".equals(metadata.get("affinity")),
                saltSince(metadata.get("cache-salt")),
                "on-request".equals(metadata.get("usage-chunk")),
                "responses".equals(metadata.get("api")),
                "realtime".equals(metadata.get("api")),
                ErrorFormat.ofApi(metadata.get("api")));
    }
}
