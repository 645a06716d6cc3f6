package dev.warmlane.app;

import dev.warmlane.engines.pool.Pools;
import dev.warmlane.proxy.http.RouteTraits;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.WarmlaneSettings;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.cloud.gateway.config.GatewayProperties;
import org.springframework.cloud.gateway.filter.factory.GatewayFilterFactory;
import org.springframework.cloud.gateway.handler.predicate.PredicateDefinition;
import org.springframework.cloud.gateway.handler.predicate.RoutePredicateFactory;
import org.springframework.cloud.gateway.route.RouteDefinition;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.cloud.gateway.support.ConfigurationService;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * Stops the start at a route that leads nowhere, whose pool does not exist, or that cannot be made: otherwise every request that takes
 * it would fail. Warns of routes that do not say what their paths need. Spring Cloud Gateway's validator checks the rest.
 */
@Configuration(proxyBeanMethods = false)
@SuppressWarnings("rawtypes") // as Spring Cloud Gateway has its factories
class RouteCheck {
    private static final String ROUTES = RouteMistakes.GATEWAY + "routes";

    private static final Logger log = LoggerFactory.getLogger(RouteCheck.class);

    /** Reads the routes before anybody else does, and they stay read. */
    @Bean
    InitializingBean routesCanBeMade(
            GatewayProperties gateway,
            RouteLocator routes,
            List<RoutePredicateFactory> predicates,
            List<GatewayFilterFactory> filters,
            ConfigurationService configuration,
            Pools pools,
            WarmlaneSettings settings) {
        return () -> {
            check(gateway.getRoutes(), pools);
            try {
                routes.getRoutes().blockLast();
            } catch (RuntimeException e) {
                new RouteMistakes(predicates, filters, configuration).find(gateway);
                throw RouteMistakes.elsewhere(e);
            }
            MissingMetadata.in(gateway.getRoutes(), settings.tenancy().enabled())
                    .forEach(line -> log.warn("{}; gateway/routes.yaml of the jar has it", line));
        };
    }

    /** @throws InvalidSettingException naming the first route without a URI, whose pool does not exist, or with traits that none has */
    static void check(List<RouteDefinition> routes, Pools pools) {
        for (int i = 0; i < routes.size(); i++) {
            RouteDefinition route = routes.get(i);
            URI uri = route.getUri();
            String name = ROUTES + "[" + i + "].uri";
            String pooled = "vllm://" + PoolSettings.BY_MODEL + " or vllm:// and one of the pools " + pools.names();
            if (uri == null) {
                throw new InvalidSettingException(name, "none", pooled);
            }
            if ("vllm".equals(uri.getScheme()) && !isPool(uri.getHost(), pools)) {
                throw new InvalidSettingException(name, uri, pooled);
            }
            String metadata = ROUTES + "[" + i + "].metadata.";
            route.getMetadata().forEach((trait, value) -> {
                String expected = RouteTraits.expected(trait, value);
                if (expected != null) {
                    throw new InvalidSettingException(metadata + trait, value, expected);
                }
            });
        }
    }

    private static boolean isPool(@Nullable String host, Pools pools) {
        return host != null && (host.equals(PoolSettings.BY_MODEL) || pools.find(host) != null);
    }

    /** Finds in an operator's own routes what the paths of vLLM need said of them, as the jar's {@code gateway/routes.yaml} says it. */
    static final class MissingMetadata {
        /** What is said of one path, and what happens without it. */
        private record Needed(String path, String name, String value, String without) {
            boolean isSaid(Map<String, Object> metadata) {
                return name.equals("api")
                        ? value.equals(metadata.get(name))
                        : !Objects.equals(RouteTraits.of(metadata).saltSince(), RouteTraits.ALWAYS);
            }
        }

        private static final String UNFOUND =
                "requests about a stored response do not find the endpoint that has it, and tenants can name those of others";
        private static final String FORMAT = "clients cannot read the gateway's errors";
        private static final String SHARED = "tenants share the engines' cache there";

        private static final List<Needed> ALWAYS = List.of(
                new Needed("/v1/responses", "api", "responses", UNFOUND),
                new Needed("/v1/responses/resp_0", "api", "responses", UNFOUND),
                new Needed("/v1/responses/resp_0/cancel", "api", "responses", UNFOUND),
                new Needed("/v1/messages", "api", "messages", FORMAT),
                new Needed("/v1/messages/count_tokens", "api", "messages", FORMAT),
                new Needed("/cohere/v2/chat", "api", "cohere", FORMAT));

        private static final List<Needed> WITH_TENANTS = List.of(
                new Needed("/v1/messages", "cache-salt", "0.29", SHARED),
                new Needed("/cohere/v2/chat", "cache-salt", "unread", SHARED),
                new Needed("/v1/audio/transcriptions", "cache-salt", "unread", SHARED),
                new Needed("/v1/audio/translations", "cache-salt", "unread", SHARED),
                new Needed("/v2/embed", "cache-salt", "unread", SHARED));

        private MissingMetadata() {}

        /**
         * One line for each path whose route lacks what it needs.
         *
         * @param routes in the order in which they are asked
         * @param tenants whether tenants are told apart
         */
        static List<String> in(List<RouteDefinition> routes, boolean tenants) {
            List<String> lines = new ArrayList<>();
            List<Needed> all = new ArrayList<>(ALWAYS);
            if (tenants) {
                all.addAll(WITH_TENANTS);
            }
            for (Needed needed : all) {
                routes.stream()
                        .filter(route -> takes(route, needed.path()))
                        .findFirst()
                        .filter(route -> isOurs(route) && !needed.isSaid(route.getMetadata()))
                        .ifPresent(route -> lines.add("route %s takes %s without the metadata %s: %s (%s)"
                                .formatted(
                                        route.getId(),
                                        needed.path(),
                                        needed.name(),
                                        needed.value(),
                                        needed.without())));
            }
            return lines;
        }

        private static boolean isOurs(RouteDefinition route) {
            return route.getUri() != null && "vllm".equals(route.getUri().getScheme());
        }

        /** As far as its predicates on paths say; others are taken as met. */
        private static boolean takes(RouteDefinition route, String path) {
            PathContainer parsed = PathContainer.parsePath(path);
            return route.getPredicates().stream()
                    .filter(predicate -> "Path".equals(predicate.getName()))
                    .allMatch(predicate -> patterns(predicate).stream().anyMatch(pattern -> pattern.matches(parsed)));
        }

        private static List<PathPattern> patterns(PredicateDefinition predicate) {
            return predicate.getArgs().values().stream()
                    .filter(value -> value.startsWith("/"))
                    .map(PathPatternParser.defaultInstance::parse)
                    .toList();
        }
    }
}
