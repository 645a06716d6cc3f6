package dev.warmlane.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.engines.client.EngineClient.HeaderLimits;
import dev.warmlane.harness.FreePorts;
import dev.warmlane.settings.UpstreamSettings;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.resolver.InetSocketAddressResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** Requests follow the name of an endpoint though connections to where it led before are never idle. */
class MovedHostIT {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final int port = FreePorts.take();
    private final DisposableServer former = engine("127.0.0.2");
    private final DisposableServer latter = engine("127.0.0.3");
    private final Names names = new Names();
    private UpstreamClient client;

    @BeforeEach
    void start() {
        client = new UpstreamClient(
                new UpstreamSettings(LONG, LONG, LONG, LONG, 1, LONG, null, LONG, Duration.ofMillis(1), List.of()),
                HeaderLimits.DEFAULT,
                names);
    }

    @AfterEach
    void stop() {
        client.close();
        former.disposeNow();
        latter.disposeNow();
    }

    @Test
    void requestsFollowTheName() {
        names.address = "127.0.0.2";
        assertThat(get()).isEqualTo("127.0.0.2");
        names.address = "127.0.0.3";
        await().until(this::get, "127.0.0.3"::equals);
    }

    @Test
    void aNameThatLeadsNowhereKeepsNoConnectionFromServing() {
        names.address = "127.0.0.2";
        assertThat(get()).isEqualTo("127.0.0.2");
        int asked = names.asked;
        names.address = null;
        await().until(() -> {
            assertThat(get()).isEqualTo("127.0.0.2");
            return names.asked > asked + 2;
        });
    }

    private String get() {
        return Requests.send(client, URI.create("http://engine.example:" + port), "/")
                .block(LONG);
    }

    private DisposableServer engine(String address) {
        return HttpServer.create()
                .host(address)
                .port(port)
                .handle((request, response) -> response.sendString(Mono.just(address)))
                .bindNow();
    }

    /** A DNS that can change its mind. */
    private static final class Names extends AddressResolverGroup<InetSocketAddress> {
        private volatile @Nullable String address;
        private volatile int asked;

        @Override
        protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
            return new InetSocketAddressResolver(executor, new InetNameResolver(executor) {
                @Override
                protected void doResolve(String name, Promise<InetAddress> promise) {
                    throw new UnsupportedOperationException();
                }

                @Override
                @SuppressWarnings("NonAtomicVolatileUpdate") // On one event loop.
                protected void doResolveAll(String name, Promise<List<InetAddress>> promise) {
                    asked++;
                    String now = address;
                    if (now == null) {
                        promise.setFailure(new UnknownHostException(name));
                    } else {
                        promise.setSuccess(List.of(new InetSocketAddress(now, 0).getAddress()));
                    }
                }
            });
        }
    }
}
