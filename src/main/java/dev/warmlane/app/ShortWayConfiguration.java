package dev.warmlane.app;

import dev.warmlane.proxy.ErrorHandler;
import dev.warmlane.proxy.ShortWay;
import dev.warmlane.proxy.VllmRoutingFilter;
import dev.warmlane.proxy.http.ExactRoutes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.cloud.gateway.config.GlobalCorsProperties;
import org.springframework.cloud.gateway.event.RefreshRoutesResultEvent;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.HttpHandlerDecoratorFactory;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.adapter.HttpWebHandlerAdapter;

/**
 * Opens the short way where nothing was added that it would pass by: filters, handlers and cross-origin rules of others, and
 * Spring's own observations.
 */
@Configuration(proxyBeanMethods = false)
class ShortWayConfiguration {
    private static final Logger log = LoggerFactory.getLogger(ShortWayConfiguration.class);

    @Bean
    ShortWayOpener shortWay(
            VllmRoutingFilter routing,
            ErrorHandler errors,
            RouteLocator routes,
            RouterFunction<ServerResponse> modelsRoute,
            List<GlobalFilter> globalFilters,
            GlobalCorsProperties cors,
            Environment environment) {
        return new ShortWayOpener(
                routing, errors, routes, modelsRoute, SpringAdditions.before(globalFilters, cors, environment));
    }

    /** Puts the short way before the handler of the public port, and tells it the routes whenever they are read. */
    static final class ShortWayOpener
            implements HttpHandlerDecoratorFactory, ApplicationListener<RefreshRoutesResultEvent> {
        private final VllmRoutingFilter routing;
        private final ErrorHandler errors;
        private final RouteLocator locator;
        private final RouterFunction<ServerResponse> modelsRoute;
        private final @Nullable String reason;
        private volatile @Nullable ShortWay shortWay;

        ShortWayOpener(
                VllmRoutingFilter routing,
                ErrorHandler errors,
                RouteLocator locator,
                RouterFunction<ServerResponse> modelsRoute,
                @Nullable String reason) {
            this.routing = routing;
            this.errors = errors;
            this.locator = locator;
            this.modelsRoute = modelsRoute;
            this.reason = reason;
        }

        @Override
        public HttpHandler apply(HttpHandler longWay) {
            if (longWay instanceof HttpWebHandlerAdapter spring
                    && WebServerApplicationContext.hasServerNamespace(spring.getApplicationContext(), "management")) {
                return longWay;
            }
            List<WebFilter> filters = new ArrayList<>();
            String against = reason == null ? SpringAdditions.in(longWay, filters, modelsRoute) : reason;
            if (against != null) {
                log.info("every request goes through all filters of Spring Cloud Gateway, because of {}", against);
                return longWay;
            }
            ShortWay opened = new ShortWay(longWay, filters, routing, errors);
            shortWay = opened;
            follow(opened);
            return opened;
        }

        @Override
        public void onApplicationEvent(RefreshRoutesResultEvent event) {
            ShortWay opened = shortWay;
            if (opened != null && event.isSuccess()) {
                follow(opened);
            }
        }

        private void follow(ShortWay opened) {
            locator.getRoutes().collectList().map(ExactRoutes::of).subscribe(opened::routes, failure -> {
                opened.routes(ExactRoutes.NONE);
                log.warn("the routes cannot be read, so every request goes through all filters", failure);
            });
        }
    }
}
