package dev.warmlane.engines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoop;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.resources.LoopResources;
import reactor.netty.transport.NameResolverProvider;

/** An engine is where its name leads to, and where it last led while DNS does not say. */
class EngineNamesIT {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final LoopResources loops = LoopResources.create("names", 1, true);
    private final EventLoop loop = loops.onClient(true).next();
    private DnsServer dns;
    private EngineNames names;

    @BeforeEach
    void start() throws IOException {
        dns = DnsServer.start();
        dns.addresses("127.0.0.2", "127.0.0.3");
        names = names(LONG, LONG);
    }

    private EngineNames names(Duration timeout, Duration patience) {
        return new EngineNames(
                NameResolverProvider.builder().queryTimeout(timeout),
                builder -> builder.nameServerProvider(new SingletonDnsServerAddressStreamProvider(dns.address())),
                loops,
                patience);
    }

    /** Known by now, and nobody answers any more. */
    private void fallSilent() throws Exception {
        names.close();
        names = names(Duration.ofSeconds(2), Duration.ofMillis(1));
        addresses();
        dns.isSilent();
    }

    @AfterEach
    void stop() {
        names.close();
        dns.close();
        loops.dispose();
    }

    @Test
    void followsAnAnswerThatChanges() throws Exception {
        assertThat(addresses()).containsExactly("127.0.0.2", "127.0.0.3");
        dns.addresses("127.0.0.4");
        await().until(this::addresses, List.of("127.0.0.4")::equals);
    }

    @Test
    void whatWasSaidLastCountsWhileDnsIsSilent() throws Exception {
        fallSilent();
        for (int i = 0; i < 3; i++) {
            assertThat(addresses()).containsExactly("127.0.0.2", "127.0.0.3");
        }
    }

    /** The server's own trouble, no rights, and what it does not speak. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 5})
    void whatWasSaidLastCountsWhileDnsFails(int code) throws Exception {
        addresses();
        dns.fails(code);
        for (int i = 0; i < 3; i++) {
            assertThat(addresses()).containsExactly("127.0.0.2", "127.0.0.3");
        }
    }

    @Test
    void whoeverWaitedOnceInVainWaitsNoMore() throws Exception {
        fallSilent();
        // Until what DNS said last has run out, nobody waits.
        Future<List<InetSocketAddress>> waiting = await().until(this::lookUpThatWaits, Objects::nonNull);
        waiting.sync();
        assertThat(lookUp().isDone()).isTrue();
    }

    @Test
    void followsAgainOnceDnsAnswers() throws Exception {
        fallSilent();
        addresses();
        dns.addresses("127.0.0.4");
        await().until(this::addresses, List.of("127.0.0.4")::equals);
    }

    @Test
    void aNameThatIsGoneAfterDnsRefusedLeadsNowhere() throws Exception {
        addresses();
        dns.fails(5);
        assertThat(addresses()).isNotEmpty();
        dns.fails(0);
        await().untilAsserted(() -> assertThatThrownBy(this::addresses).isInstanceOf(UnknownHostException.class));
    }

    /** No such name, and none of its addresses. */
    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void aNameThatIsGoneLeadsNowhere(int code) throws Exception {
        addresses();
        dns.fails(code);
        // What is to be kept for no time at all is kept for a moment.
        await().untilAsserted(() -> assertThatThrownBy(this::addresses).isInstanceOf(UnknownHostException.class));
        assertThatThrownBy(this::addresses).isInstanceOf(UnknownHostException.class);
    }

    private Future<List<InetSocketAddress>> lookUp() {
        return names.getResolver(loop).resolveAll(InetSocketAddress.createUnresolved("engine.example", 80));
    }

    /** Null if it is answered at once. On the loop, so that no time passes for it before it is seen. */
    private @Nullable Future<List<InetSocketAddress>> lookUpThatWaits() throws Exception {
        return loop.submit(() -> {
                    Future<List<InetSocketAddress>> lookUp = lookUp();
                    return lookUp.isDone() ? null : lookUp;
                })
                .sync()
                .getNow();
    }

    private List<String> addresses() throws Exception {
        return lookUp().sync().getNow().stream()
                .map(address -> address.getAddress().getHostAddress())
                .toList();
    }
}
