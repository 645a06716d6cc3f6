package dev.warmlane.app;

import dev.warmlane.settings.InvalidSettingException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.cloud.gateway.config.GatewayProperties;
import org.springframework.cloud.gateway.filter.FilterDefinition;
import org.springframework.cloud.gateway.filter.factory.GatewayFilterFactory;
import org.springframework.cloud.gateway.handler.predicate.PredicateDefinition;
import org.springframework.cloud.gateway.handler.predicate.RoutePredicateFactory;
import org.springframework.cloud.gateway.route.RouteDefinition;
import org.springframework.cloud.gateway.support.Configurable;
import org.springframework.cloud.gateway.support.ConfigurationService;
import org.springframework.cloud.gateway.support.ShortcutConfigurable;
import org.springframework.validation.FieldError;

/**
 * Finds the predicate or filter of the settings that cannot be made, and says in one line which it is and what is wrong with it. Spring
 * Cloud Gateway says so to each reader of the routes, with a stack trace and without the route. Arguments may be secrets, so of their
 * values only those are shown that are no text.
 */
@SuppressWarnings("rawtypes") // as Spring Cloud Gateway has its factories
final class RouteMistakes {
    static final String GATEWAY = "spring.cloud.gateway.server.webflux.";

    private final Map<String, RoutePredicateFactory> predicates;
    private final Map<String, GatewayFilterFactory> filters;
    private final ConfigurationService configuration;

    RouteMistakes(
            List<RoutePredicateFactory> predicates,
            List<GatewayFilterFactory> filters,
            ConfigurationService configuration) {
        this.predicates = byName(predicates, RoutePredicateFactory::name);
        this.filters = byName(filters, GatewayFilterFactory::name);
        this.configuration = configuration;
    }

    private static <T> Map<String, T> byName(List<T> factories, Function<T, String> name) {
        return factories.stream().collect(Collectors.toMap(name, factory -> factory, (first, second) -> second));
    }

    /** @throws InvalidSettingException naming the first predicate or filter that cannot be made */
    void find(GatewayProperties gateway) {
        findInFilters(GATEWAY + "default-filters", gateway.getDefaultFilters());
        for (int i = 0; i < gateway.getRoutes().size(); i++) {
            RouteDefinition route = gateway.getRoutes().get(i);
            String key = GATEWAY + "routes[" + i + "].";
            findInPredicates(key + "predicates", route.getPredicates());
            findInFilters(key + "filters", route.getFilters());
        }
    }

    @SuppressWarnings("unchecked")
    private void findInPredicates(String key, List<PredicateDefinition> definitions) {
        for (int i = 0; i < definitions.size(); i++) {
            Part part = new Part(
                    key + "[" + i + "]",
                    definitions.get(i).getName(),
                    definitions.get(i).getArgs());
            check(part, "predicate", predicates, RoutePredicateFactory::applyAsync);
        }
    }

    @SuppressWarnings("unchecked")
    private void findInFilters(String key, List<FilterDefinition> definitions) {
        for (int i = 0; i < definitions.size(); i++) {
            Part part = new Part(
                    key + "[" + i + "]",
                    definitions.get(i).getName(),
                    definitions.get(i).getArgs());
            check(part, "filter", filters, GatewayFilterFactory::apply);
        }
    }

    /** @param make makes one with its configuration */
    @SuppressWarnings("unchecked") // The factory itself says which configuration it takes.
    private <F extends ShortcutConfigurable & Configurable> void check(
            Part part, String kind, Map<String, F> known, BiConsumer<F, Object> make) {
        F factory = part.among(known, kind);
        try {
            make.accept(
                    factory,
                    configuration
                            .with(factory)
                            .name(part.name)
                            .properties(part.arguments)
                            .bind());
        } catch (RuntimeException e) {
            String arguments = String.join(",", factory.shortcutFieldOrder());
            String expected = arguments.isEmpty() ? part.name : part.name + "=" + arguments;
            throw mistake(part.key, "%s: %s (expected: %s)".formatted(part.name, problem(e), expected), e);
        }
    }

    /** What is wrong where nothing is wrong with the settings, as with a route that a jar brings. */
    static InvalidSettingException elsewhere(RuntimeException failure) {
        return mistake(GATEWAY + "routes", problem(failure), failure);
    }

    private static InvalidSettingException mistake(String key, String problem, RuntimeException cause) {
        InvalidSettingException mistake = new InvalidSettingException(key, problem);
        mistake.initCause(cause);
        return mistake;
    }

    /**
     * A predicate or a filter.
     *
     * @param key the setting that it stands in
     */
    private record Part(String key, @Nullable String name, Map<String, String> arguments) {
        <T> T among(Map<String, T> known, String kind) {
            T factory = name == null ? null : known.get(name);
            if (factory == null) {
                Set<String> names = new TreeSet<>(known.keySet());
                throw new InvalidSettingException(key, name, "a " + kind + ", one of " + String.join(", ", names));
            }
            return factory;
        }
    }

    private static String problem(RuntimeException failure) {
        Throwable cause = failure;
        @Nullable BindException binding = null;
        while (true) {
            if (cause instanceof BindValidationException invalid) {
                return invalid.getValidationErrors().getAllErrors().stream()
                        .map(error -> error instanceof FieldError field
                                ? field.getField() + " " + field.getDefaultMessage()
                                : String.valueOf(error.getDefaultMessage()))
                        .sorted()
                        .collect(Collectors.joining(", "));
            }
            if (cause instanceof BindException found) {
                binding = found;
            }
            if (cause.getCause() == null) {
                break;
            }
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        String reason = message == null
                ? cause.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
        ConfigurationProperty property = binding == null ? null : binding.getProperty();
        return property == null ? reason : property.getName() + ": " + reason;
    }
}
