package dev.warmlane.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.webflux.autoconfigure.WebFluxProperties;
import org.springframework.cloud.gateway.filter.OrderedGatewayFilter;
import org.springframework.cloud.gateway.handler.AsyncPredicate;
import org.springframework.cloud.gateway.handler.predicate.MethodRoutePredicateFactory;
import org.springframework.cloud.gateway.handler.predicate.PathRoutePredicateFactory;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.http.HttpMethod;
import org.springframework.web.server.ServerWebExchange;

class ExactRoutesTest {
    private static final String CHAT = "/v1/chat/completions";

    @Test
    void findsTheRouteOfAPathThatItNames() {
        Route route = vllm("a", CHAT, "/v1/completions").build();
        ExactRoutes routes = ExactRoutes.of(List.of(route));
        assertThat(routes.find(CHAT)).isSameAs(route);
        assertThat(routes.find("/v1/completions")).isSameAs(route);
    }

    @Test
    void findsNoOtherSpelling() {
        ExactRoutes routes = ExactRoutes.of(List.of(vllm("a", CHAT).build()));
        for (String other :
                List.of(CHAT + "/", "/V1/chat/completions", "/v1//chat/completions", "/v1/chat%2Fcompletions", "")) {
            assertThat(routes.find(other)).as(other).isNull();
        }
    }

    @Test
    void leavesPatternsToTheirPredicates() {
        ExactRoutes routes =
                ExactRoutes.of(List.of(vllm("a", "/v1/responses/{id}", "/x/**").build()));
        assertThat(routes.find("/v1/responses/{id}")).isNull();
        assertThat(routes.find("/v1/responses/1")).isNull();
        assertThat(routes.find("/x/**")).isNull();
    }

    @Test
    void takesTheFirstOfTwoRoutes() {
        Route first = vllm("a", CHAT).build();
        assertThat(ExactRoutes.of(List.of(first, vllm("b", CHAT).build())).find(CHAT))
                .isSameAs(first);
    }

    @Test
    void leavesAPathAloneThatARouteBeforeMayTake() {
        assertThat(find(vllm("a", "/v1/{*rest}").build(), vllm("b", CHAT).build()))
                .isNull();
        assertThat(find(
                        vllm("a", CHAT).uri("http://127.0.0.1:1").build(),
                        vllm("b", CHAT).build()))
                .isNull();
        assertThat(find(
                        vllm("a", "/other").uri("http://127.0.0.1:1").build(),
                        vllm("b", CHAT).build()))
                .isNotNull();
    }

    @Test
    void leavesAloneWhatComesAfterARouteThatLooksAtMoreThanThePath() {
        AsyncPredicate<ServerWebExchange> method =
                new MethodRoutePredicateFactory().applyAsync(config -> config.setMethods(HttpMethod.POST));
        Route canary = vllm("a", CHAT).asyncPredicate(paths(CHAT).and(method)).build();
        assertThat(find(canary, vllm("b", CHAT).build())).isNull();
        assertThat(find(
                        vllm("a", CHAT).asyncPredicate(method).build(),
                        vllm("b", CHAT).build()))
                .isNull();
        assertThat(find(
                        vllm("a", CHAT).asyncPredicate(paths(CHAT).negate()).build(),
                        vllm("b", CHAT).build()))
                .isNull();
        assertThat(find(vllm("b", CHAT).build(), canary)).isNotNull();
    }

    @Test
    void leavesRoutesWithAFilterAlone() {
        Route filtered = vllm("a", CHAT)
                .filter(new OrderedGatewayFilter((exchange, chain) -> chain.filter(exchange), 1))
                .build();
        assertThat(find(filtered)).isNull();
    }

    @Test
    void leavesRoutesWithMetadataOfOthersAlone() {
        assertThat(find(vllm("a", CHAT).metadata(Map.of("affinity", "none")).build()))
                .isNotNull();
        assertThat(find(vllm("a", CHAT)
                        .metadata(Map.of("response-timeout", 100))
                        .build()))
                .isNull();
    }

    @Test
    void knowsNoPathWhereARouteHasACrossOriginRule() {
        Route other = vllm("b", "/other").metadata(Map.of("cors", Map.of())).build();
        assertThat(find(vllm("a", CHAT).build(), other)).isNull();
    }

    private static Route find(Route... routes) {
        return ExactRoutes.of(List.of(routes)).find(CHAT);
    }

    private static Route.AsyncBuilder vllm(String id, String... paths) {
        return Route.async().id(id).uri("vllm://by-model").asyncPredicate(paths(paths));
    }

    private static AsyncPredicate<ServerWebExchange> paths(String... paths) {
        return new PathRoutePredicateFactory(new WebFluxProperties())
                .applyAsync(config -> config.setPatterns(List.of(paths)));
    }
}
