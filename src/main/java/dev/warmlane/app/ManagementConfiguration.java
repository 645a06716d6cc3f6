package dev.warmlane.app;

import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.AffinityEndpoint;
import dev.warmlane.ops.actuator.DecisionsHandler;
import dev.warmlane.ops.actuator.ManagementGuard;
import dev.warmlane.ops.dashboard.DashboardHandler;
import dev.warmlane.ops.dashboard.EventLog;
import dev.warmlane.ops.dashboard.History;
import dev.warmlane.ops.dashboard.LiveFeed;
import dev.warmlane.ops.dashboard.ProblemCatalogue;
import dev.warmlane.proxy.Explainer;
import dev.warmlane.proxy.http.ClientPipeline;
import dev.warmlane.proxy.http.ConnectionLimit;
import dev.warmlane.settings.AuthSettings.ManagementSettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.WarmlaneSettings;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.Http2;
import org.springframework.boot.web.server.Ssl.ClientAuth;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.netty.http.HttpProtocol;

/**
 * The management port: who may use it, how it treats connections, and the routes that are there alone. Spring Boot reads this class into
 * that port's own context.
 */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
@ConditionalOnBean(WarmlaneSettings.class)
class ManagementConfiguration {
    private static final Duration IDLE = Duration.ofMinutes(2);

    /**
     * What is lost on the way is collected as garbage: Actuator encodes on threads of its own, and where a client leaves at that moment,
     * nobody releases the buffer.
     */
    private static final ByteBufAllocator BUFFERS = new UnpooledByteBufAllocator(false, true);

    @Bean
    ManagementGuard managementGuard(WarmlaneSettings settings, Environment environment) {
        ClientAuth asked =
                environment.getProperty("management.server.ssl.client-auth", ClientAuth.class, ClientAuth.NONE);
        return new ManagementGuard(
                key(settings.management()),
                asked != ClientAuth.NONE,
                settings.management().allowedHosts());
    }

    private static @Nullable String key(ManagementSettings settings) {
        if (settings.keyFile().isEmpty()) {
            return settings.key().isEmpty() ? null : settings.key();
        }
        String setting = "warmlane.management.key-file";
        try {
            String key = Files.readString(Path.of(settings.keyFile())).stripTrailing();
            return ManagementSettings.checkKey(setting, key);
        } catch (IOException | InvalidPathException e) {
            throw new InvalidSettingException(setting, settings.keyFile(), "a file that can be read");
        }
    }

    /** HTTP/1.1 whatever the public port speaks, on connections that are closed when they are used no more. */
    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> managementConnections(WarmlaneSettings settings) {
        ConnectionLimit limit = ConnectionLimit.ofManagement(
                settings.management(), settings.limits().headerTimeout());
        return factory -> {
            // Otherwise TLS would offer clients what is not spoken here.
            Http2 none = new Http2();
            none.setEnabled(false);
            factory.setHttp2(none);
            factory.addServerCustomizers(server -> server.protocol(HttpProtocol.HTTP11)
                    .idleTimeout(IDLE)
                    .childOption(ChannelOption.ALLOCATOR, BUFFERS)
                    .doOnChannelInit((observer, channel, remote) -> {
                        if (limit.take(channel) == ConnectionLimit.Place.SERVED) {
                            ClientPipeline.makeStrict(channel, settings.limits());
                        }
                    }));
        };
    }

    @Bean
    RouterFunction<ServerResponse> decisionsRoutes(Pools pools, Explainer explainer) {
        return new DecisionsHandler(pools, explainer, Clock.systemUTC()).routes();
    }

    @Bean
    @ConditionalOnBean(LiveFeed.class)
    RouterFunction<ServerResponse> dashboardRoutes(
            LiveFeed feed,
            EventLog events,
            ProblemCatalogue problems,
            Pools pools,
            History history,
            AffinityEndpoint sessions,
            WarmlaneSettings settings,
            LoggingSystem logging) {
        return new DashboardHandler(
                        feed,
                        events,
                        pools,
                        history,
                        sessions,
                        problems,
                        settings.dashboard(),
                        settings.tenancy().enabled(),
                        logging,
                        InstantSource.system())
                .routes();
    }
}
