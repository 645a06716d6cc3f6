package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.app.RouteCheck.MissingMetadata;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.cloud.gateway.handler.predicate.PredicateDefinition;
import org.springframework.cloud.gateway.route.RouteDefinition;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.ClassPathResource;

class MissingMetadataTest {

    @Test
    void nothingIsMissingInTheRoutesOfTheJar() throws IOException {
        StandardEnvironment environment = new StandardEnvironment();
        new YamlPropertySourceLoader()
                .load("routes", new ClassPathResource("gateway/routes.yaml"))
                .forEach(environment.getPropertySources()::addFirst);
        List<RouteDefinition> routes = Binder.get(environment)
                .bind("spring.cloud.gateway.server.webflux.routes", Bindable.listOf(RouteDefinition.class))
                .get();
        assertThat(routes).hasSizeGreaterThan(5);
        assertThat(MissingMetadata.in(routes, true)).isEmpty();
    }

    @Test
    void tellsOfResponsesThatAreNotSaidToBeStored() {
        List<RouteDefinition> routes =
                List.of(route("mine", "/v1/chat/completions,/v1/responses,/v1/responses/{id}", Map.of()));
        assertThat(MissingMetadata.in(routes, false))
                .hasSize(2)
                .allMatch(line -> line.startsWith("route mine takes /v1/responses"))
                .allMatch(line -> line.contains("without the metadata api: responses"));
    }

    @Test
    void asksTheRouteThatComesFirst() {
        List<RouteDefinition> routes = List.of(
                route("first", "/v1/responses/**", Map.of("api", "responses")),
                route("messages", "/v1/messages/**", Map.of("api", "messages")),
                route("cohere", "/cohere/**", Map.of("api", "cohere")),
                route("all", "/**", Map.of()));
        assertThat(MissingMetadata.in(routes, false)).isEmpty();
        assertThat(MissingMetadata.in(routes, true))
                .extracting(line -> line.substring(0, line.indexOf(" (")))
                .containsExactlyInAnyOrder(
                        "route messages takes /v1/messages without the metadata cache-salt: 0.29",
                        "route cohere takes /cohere/v2/chat without the metadata cache-salt: unread",
                        "route all takes /v1/audio/transcriptions without the metadata cache-salt: unread",
                        "route all takes /v1/audio/translations without the metadata cache-salt: unread",
                        "route all takes /v2/embed without the metadata cache-salt: unread");
    }

    @Test
    void leavesRoutesToOtherServersAlone() {
        RouteDefinition elsewhere = new RouteDefinition("e=http://elsewhere,Path=/v1/responses");
        assertThat(MissingMetadata.in(List.of(elsewhere), true)).isEmpty();
    }

    private static RouteDefinition route(String id, String paths, Map<String, Object> metadata) {
        RouteDefinition route = new RouteDefinition();
        route.setId(id);
        route.setUri(URI.create("vllm://by-model"));
        route.setPredicates(List.of(new PredicateDefinition("Path=" + paths)));
        route.setMetadata(metadata);
        return route;
    }
}
