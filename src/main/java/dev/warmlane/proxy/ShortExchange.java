package dev.warmlane.proxy;

import java.security.Principal;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationContext;
import org.springframework.context.i18n.LocaleContext;
import org.springframework.http.codec.multipart.Part;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

/** Request, response and attributes, and none of what else Spring makes for every exchange: nobody on the short way asks for it. */
final class ShortExchange implements ServerWebExchange {
    private final ServerHttpRequest request;
    private final ServerHttpResponse response;
    private final Map<String, Object> attributes = new ConcurrentHashMap<>(8);

    ShortExchange(ServerHttpRequest request, ServerHttpResponse response) {
        this.request = request;
        this.response = response;
    }

    @Override
    public ServerHttpRequest getRequest() {
        return request;
    }

    @Override
    public ServerHttpResponse getResponse() {
        return response;
    }

    @Override
    public Map<String, Object> getAttributes() {
        return attributes;
    }

    @Override
    public String getLogPrefix() {
        return "[" + request.getId() + "] ";
    }

    @Override
    public @Nullable ApplicationContext getApplicationContext() {
        return null;
    }

    @Override
    public <T extends Principal> Mono<T> getPrincipal() {
        return Mono.empty();
    }

    @Override
    public Mono<WebSession> getSession() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<MultiValueMap<String, String>> getFormData() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<MultiValueMap<String, Part>> getMultipartData() {
        throw new UnsupportedOperationException();
    }

    @Override
    public LocaleContext getLocaleContext() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isNotModified() {
        return false;
    }

    @Override
    public boolean checkNotModified(Instant lastModified) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean checkNotModified(String etag) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean checkNotModified(@Nullable String etag, Instant lastModified) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String transformUrl(String url) {
        return url;
    }

    @Override
    public void addUrlTransformer(Function<String, String> transformer) {
        throw new UnsupportedOperationException();
    }
}
