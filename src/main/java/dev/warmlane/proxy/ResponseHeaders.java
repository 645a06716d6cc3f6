package dev.warmlane.proxy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.proxy.NamedModels.NamedModel;
import dev.warmlane.proxy.http.RequestIds;
import dev.warmlane.proxy.outcome.Pseudonyms;
import dev.warmlane.proxy.upstream.UpstreamHeaders;
import dev.warmlane.proxy.upstream.UpstreamHeaders.HopByHop;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;

/** The head of a response: the endpoint's status and headers, less those of its connection, and the gateway's own. */
final class ResponseHeaders {
    /** Read by the OpenAI SDKs, which else repeat requests that failed with 408, 409, 429 or 5xx. */
    static final String SHOULD_RETRY = "x-should-retry";

    private final boolean explained;
    private final @Nullable Pseudonyms pseudonyms;
    private final Set<String> dropped;

    /**
     * @param explained whether to name endpoint and affinity
     * @param pseudonyms what endpoints are called; null: by their names
     * @param dropped headers of endpoints that clients do not get, in any case
     */
    ResponseHeaders(boolean explained, @Nullable Pseudonyms pseudonyms, Collection<String> dropped) {
        this.explained = explained;
        this.pseudonyms = pseudonyms;
        this.dropped = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        this.dropped.addAll(dropped);
    }

    /**
     * Writes the head of an endpoint's response.
     *
     * @param from its headers
     */
    void write(
            ServerHttpResponse to,
            int status,
            io.netty.handler.codec.http.HttpHeaders from,
            Dispatch dispatch,
            RoutedExchange routed) {
        to.setStatusCode(HttpStatusCode.valueOf(status));
        HttpHeaders headers = to.getHeaders();
        copy(from, headers);
        headers.set(RequestIds.HEADER, routed.requestId());
        if (FailureCause.isUnavailable(status) && routed.isRetryDiscouraged()) {
            headers.set(SHOULD_RETRY, "false");
        }
        NamedModel named = routed.named();
        if (explained && named != null) {
            headers.set("x-warmlane-model", named.target().model());
        }
        if (explained) {
            headers.set("x-warmlane-endpoint", name(dispatch.endpoint()));
            headers.set(
                    "x-warmlane-affinity",
                    dispatch.decision().source().label() + ";"
                            + dispatch.decision().outcome().label());
        }
    }

    private String name(Endpoint endpoint) {
        return pseudonyms == null
                ? endpoint.name()
                : Long.toHexString(pseudonyms.of(endpoint.id().hash()));
    }

    private void copy(io.netty.handler.codec.http.HttpHeaders from, HttpHeaders to) {
        HopByHop hopByHop = new HopByHop(from.getAll(HttpHeaderNames.CONNECTION));
        from.forEach(header -> {
            String name = header.getKey();
            if (!hopByHop.contains(name) && !UpstreamHeaders.isOwn(name) && !dropped.contains(name)) {
                to.add(name, header.getValue());
            }
        });
    }
}
