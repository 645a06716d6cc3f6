package dev.warmlane.app;

import dev.warmlane.engines.pool.Pools;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.WarmlaneSettings;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.cloud.gateway.config.GatewayProperties;
import org.springframework.cloud.gateway.route.RouteDefinition;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Stops the start at a route whose pool does not exist, rather than failing every request that takes it, and warns of routes
 * that do not say what their paths need.
 */
@Configuration(proxyBeanMethods = false)
class RouteCheck {
    private static final String ROUTES = "spring.cloud.gateway.server.webflux.routes";

    private static final Logger log = LoggerFactory.getLogger(RouteCheck.class);

    @Bean
    InitializingBean routesNamePools(GatewayProperties gateway, Pools pools, WarmlaneSettings settings) {
        return () -> {
            check(gateway.getRoutes(), pools);
            MissingMetadata.in(gateway.getRoutes(), settings.tenancy().enabled())
                    .forEach(line -> log.warn("{}; gateway/routes.yaml of the jar has it", line));
        };
    }

    /** @throws InvalidSettingException naming the first route whose pool does not exist */
    static void check(List<RouteDefinition> routes, Pools pools) {
        for (int i = 0; i < routes.size(); i++) {
            URI uri = routes.get(i).getUri();
            if (uri != null && "vllm".equals(uri.getScheme()) && !isPool(uri.getHost(), pools)) {
                throw new InvalidSettingException(
                        ROUTES + "[" + i + "].uri",
                        uri,
                        "vllm://" + PoolSettings.BY_MODEL + " or vllm:// and one of the pools " + pools.names());
            }
        }
    }

    private static boolean isPool(@Nullable String host, Pools pools) {
        return host != null && (host.equals(PoolSettings.BY_MODEL) || pools.find(host) != null);
    }
}
