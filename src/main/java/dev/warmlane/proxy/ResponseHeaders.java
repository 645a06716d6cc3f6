package dev.warmlane.proxy;

import dev.warmlane.core.health.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.proxy.http.HopByHop;
import dev.warmlane.proxy.http.RequestIds;
import dev.warmlane.proxy.upstream.UpstreamHeaders;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.netty.http.client.HttpClientResponse;

/** The head of a response: the endpoint's status and headers, less those of its connection, and the gateway's own. */
final class ResponseHeaders {
    /** Read by the OpenAI SDKs, which else repeat requests that failed with 408, 409, 429 or 5xx. */
    static final String SHOULD_RETRY = "x-should-retry";

    private final boolean explained;

    /** @param explained whether to name endpoint and affinity */
    ResponseHeaders(boolean explained) {
        this.explained = explained;
    }

    void write(ServerHttpResponse to, HttpClientResponse from, Dispatch dispatch, RoutedExchange routed) {
        int status = from.status().code();
        to.setStatusCode(HttpStatusCode.valueOf(status));
        HttpHeaders headers = to.getHeaders();
        copy(from, headers);
        headers.set(RequestIds.HEADER, routed.requestId());
        if (FailureCause.isUnavailable(status) && routed.isRetryDiscouraged()) {
            headers.set(SHOULD_RETRY, "false");
        }
        if (explained) {
            headers.set("x-warmlane-endpoint", dispatch.endpoint().name());
            headers.set(
                    "x-warmlane-affinity",
                    dispatch.decision().source().label() + ";"
                            + dispatch.decision().outcome().label());
        }
    }

    private static void copy(HttpClientResponse from, HttpHeaders to) {
        HopByHop hopByHop = new HopByHop(from.responseHeaders().getAll("connection"));
        from.responseHeaders().forEach(header -> {
            if (!hopByHop.contains(header.getKey()) && !UpstreamHeaders.isOwn(header.getKey())) {
                to.add(header.getKey(), header.getValue());
            }
        });
    }
}
