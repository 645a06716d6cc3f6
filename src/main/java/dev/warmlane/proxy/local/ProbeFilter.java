package dev.warmlane.proxy.local;

import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.PublicPort;
import dev.warmlane.proxy.http.RequestIds;
import dev.warmlane.proxy.outcome.RequestOutcome;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.springframework.core.Ordered;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Serves the paths by which load balancers and benchmarks check that vLLM is up. It says only whether the gateway is ready: bodies
 * have vLLM's members, with values that reveal nothing. Like vLLM, it asks for no key.
 */
public final class ProbeFilter implements WebFilter, Ordered {
    /** After the one that counts requests, before the one that asks who sent them. */
    private static final int ORDER = Ordered.HIGHEST_PRECEDENCE + 50;

    private static final Set<HttpMethod> READ = Set.of(HttpMethod.GET, HttpMethod.HEAD);

    /** Path to body, empty where vLLM's is. */
    private static final Map<String, String> BODIES = Map.of(
            "/health", "",
            "/ping", "",
            "/version", "{\"version\":\"warmlane\"}",
            "/load", "{\"server_load\":0}");

    static final Set<String> PATHS = BODIES.keySet();

    private final BooleanSupplier ready;

    /** @param ready whether new requests should come; must not block */
    public ProbeFilter(BooleanSupplier ready) {
        this.ready = ready;
    }

    @Override
    public int getOrder() {
        return ORDER;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        String path = exchange.getRequest().getURI().getRawPath();
        String body = BODIES.get(path);
        if (body == null || !PublicPort.serves(exchange)) {
            return chain.filter(exchange);
        }
        ServerHttpResponse response = exchange.getResponse();
        HttpMethod method = exchange.getRequest().getMethod();
        // SageMaker posts its pings.
        boolean posts = path.equals("/ping");
        if (!READ.contains(method) && !(posts && method.equals(HttpMethod.POST))) {
            return Mono.error(ApiException.methodNotAllowed(posts ? "GET, HEAD, POST" : "GET, HEAD"));
        }
        response.getHeaders().set(RequestIds.HEADER, RequestOutcome.of(exchange).requestId());
        boolean up = ready.getAsBoolean();
        response.setStatusCode(up ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
        byte[] bytes = up ? body.getBytes(StandardCharsets.UTF_8) : new byte[0];
        response.getHeaders().setContentLength(bytes.length);
        if (bytes.length == 0) {
            return response.setComplete();
        }
        response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        return response.writeWith(
                Mono.fromSupplier(() -> response.bufferFactory().wrap(bytes)));
    }
}
