package dev.warmlane.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.engines.client.EngineClient.HeaderLimits;
import dev.warmlane.engines.discovery.OneHost;
import dev.warmlane.settings.UpstreamSettings;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** A name that passes leads only to addresses that pass. */
class UpstreamTargetsIT {
    private static final Duration LONG = Duration.ofSeconds(30);

    private DisposableServer engine;

    @BeforeEach
    void start() {
        engine = HttpServer.create()
                .host("127.0.0.1")
                .handle((request, response) -> response.sendString(Mono.just("an engine")))
                .bindNow();
    }

    @AfterEach
    void stop() {
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

    @Test
    void goesToTheNextAddressOfANameWhereOneRefuses() {
        assertThat(get("127.0.0.2", "127.0.0.1")).isEqualTo("an engine");
    }

    private String get(String... addresses) {
        UpstreamSettings settings = new UpstreamSettings(LONG, LONG, LONG, LONG, 1, LONG, null, LONG, LONG, List.of());
        try (UpstreamClient client = new UpstreamClient(settings, HeaderLimits.DEFAULT, new OneHost(addresses))) {
            return Requests.send(client, URI.create("http://engine.example:" + engine.port()), "/")
                    .block(LONG);
        }
    }
}
