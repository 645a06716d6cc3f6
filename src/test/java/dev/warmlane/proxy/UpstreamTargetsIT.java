package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.engines.client.HeaderLimits;
import dev.warmlane.engines.discovery.OneHost;
import dev.warmlane.proxy.upstream.UpstreamChannels;
import dev.warmlane.proxy.upstream.UpstreamClient;
import dev.warmlane.settings.UpstreamSettings;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;

/** A name that passes leads only to addresses that pass. */
class UpstreamTargetsIT {
    private static final Duration LONG = Duration.ofSeconds(30);

    private DisposableServer engine;
    private ConnectionProvider connections;

    @BeforeEach
    void start() {
        engine = HttpServer.create()
                .host("127.0.0.1")
                .handle((request, response) -> response.sendString(Mono.just("an engine")))
                .bindNow();
        connections = ConnectionProvider.newConnection();
    }

    @AfterEach
    void stop() {
        connections.disposeLater().block(LONG);
        engine.disposeNow();
    }

    @Test
    void goesToTheAddressesThatAnEngineMayHave() {
        assertThat(get("169.254.169.254", "127.0.0.1")).isEqualTo("an engine");
    }

    @Test
    void goesNowhereWhereANameLeadsToCredentials() {
        assertThatThrownBy(() -> get("169.254.169.254", "fd00:ec2::254"))
                .hasCauseInstanceOf(UnknownHostException.class);
    }

    private String get(String... addresses) {
        UpstreamSettings settings = new UpstreamSettings(LONG, LONG, LONG, 1, LONG, null, LONG, List.of());
        HttpClient client = UpstreamClient.create(settings, HeaderLimits.DEFAULT, connections, new UpstreamChannels())
                .resolver(new OneHost(addresses));
        return client.get()
                .uri("http://engine.example:" + engine.port() + "/")
                .responseContent()
                .aggregate()
                .asString()
                .block(LONG);
    }
}
