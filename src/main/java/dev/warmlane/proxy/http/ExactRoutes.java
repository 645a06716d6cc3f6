package dev.warmlane.proxy.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.handler.AsyncPredicate;
import org.springframework.cloud.gateway.handler.predicate.PathRoutePredicateFactory;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.route.RouteDefinitionRouteLocator;
import org.springframework.cloud.gateway.support.HasConfig;
import org.springframework.http.server.PathContainer;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * The paths whose route is known without asking any predicate: those that a {@code vllm} route without filters names letter by
 * letter, and that no route before it may take. Immutable.
 */
public final class ExactRoutes {
    /** No path at all. */
    public static final ExactRoutes NONE = new ExactRoutes(Map.of());

    private static final String ALWAYS = RouteDefinitionRouteLocator.class.getSimpleName() + "$$Lambda";

    private final Map<String, Route> byPath;

    private ExactRoutes(Map<String, Route> byPath) {
        this.byPath = byPath;
    }

    /** @param routes in the order in which they are asked */
    public static ExactRoutes of(List<Route> routes) {
        if (routes.stream().anyMatch(route -> route.getMetadata().containsKey("cors"))) {
            // Such a rule is looked up by path, whichever route serves it.
            return NONE;
        }
        Map<String, Route> byPath = new HashMap<>();
        List<PathPattern> before = new ArrayList<>();
        for (Route route : routes) {
            List<String> patterns = onlyPaths(route);
            if (patterns == null) {
                // From here on, any path may be this one's.
                break;
            }
            if (needsNothingElse(route)) {
                for (String path : patterns) {
                    if (PublicPort.isPlain(path) && !isTaken(path, before)) {
                        byPath.putIfAbsent(path, route);
                    }
                }
            }
            patterns.forEach(pattern -> before.add(PathPatternParser.defaultInstance.parse(pattern)));
        }
        return new ExactRoutes(Map.copyOf(byPath));
    }

    /** The route of a path as the request spells it; null where predicates have to say. */
    public @Nullable Route find(String rawPath) {
        return byPath.get(rawPath);
    }

    private static boolean isTaken(String path, List<PathPattern> before) {
        PathContainer parsed = PathContainer.parsePath(path);
        return before.stream().anyMatch(pattern -> pattern.matches(parsed));
    }

    private static boolean needsNothingElse(Route route) {
        return "vllm".equals(route.getUri().getScheme())
                && route.getFilters().isEmpty()
                && RouteTraits.NAMES.containsAll(route.getMetadata().keySet());
    }

    /** The patterns of a route that has one predicate, on the path; null for any other. */
    private static @Nullable List<String> onlyPaths(Route route) {
        AsyncPredicate<ServerWebExchange> predicate = route.getPredicate();
        List<HasConfig> parts = new ArrayList<>();
        predicate.accept(parts::add);
        return parts.size() == 1
                        && (predicate instanceof AsyncPredicate.DefaultAsyncPredicate<?>
                                || isDefined(predicate, parts.get(0)))
                        && parts.get(0).getConfig() instanceof PathRoutePredicateFactory.Config path
                ? path.getPatterns()
                : null;
    }

    /**
     * Whether it is this one predicate of a route definition, in front of which Spring Cloud Gateway puts one that is always true. What
     * they are joined by, and that neither is negated, only their text tells.
     */
    private static boolean isDefined(AsyncPredicate<ServerWebExchange> predicate, HasConfig only) {
        String text = predicate.toString();
        String end = " && " + only + ")";
        return text.startsWith("(" + ALWAYS) && text.endsWith(end) && text.indexOf(' ') == text.length() - end.length();
    }
}
