package dev.warmlane.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.warmlane.engines.client.EngineClient.HeaderLimits;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.settings.UpstreamSettings;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpResources;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/** Connections to an endpoint are few, are given on, and end with whoever does not read to the end. */
class UpstreamClientIT {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int PIECES = 4000;

    private final Set<Channel> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connected = new AtomicInteger();
    private final Sinks.Empty<Void> released = Sinks.empty();
    private DisposableServer engine;
    private UpstreamClient client;

    @BeforeEach
    void startEngine() {
        String piece = "x".repeat(16 * 1024);
        engine = HttpServer.create()
                .host("127.0.0.1")
                .doOnChannelInit((observer, channel, remote) -> {
                    connected.incrementAndGet();
                    connections.add(channel);
                    channel.closeFuture().addListener(closed -> connections.remove(channel));
                })
                .route(routes -> routes.get("/prompt", (request, response) -> response.sendString(Mono.just("whole")))
                        .get(
                                "/waiting",
                                (request, response) ->
                                        response.sendString(released.asMono().thenReturn("at last")))
                        .get(
                                "/stream",
                                (request, response) -> response.sse()
                                        .sendString(Flux.range(0, 200).map(i -> "piece")))
                        .get(
                                "/large",
                                (request, response) -> response.sendString(
                                        Flux.range(0, PIECES).map(i -> piece))))
                .bindNow();
    }

    @AfterEach
    void stopEngine() {
        client.close();
        engine.disposeNow();
    }

    @Test
    void givesAConnectionOnWhenItsResponseIsWhole() {
        client = client(4, LONG);
        for (int i = 0; i < 5 * LoopResources.DEFAULT_IO_WORKER_COUNT; i++) {
            assertThat(get("/prompt")).isEqualTo("whole");
        }
        // These requests come from no event loop, so they take turns on all.
        assertThat(connected.get()).isLessThanOrEqualTo(LoopResources.DEFAULT_IO_WORKER_COUNT);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void isToldWhetherAResponseIsWholeInTimeAndReadsItAnyhow(boolean comes) {
        client = client(1, LONG);
        CompletableFuture<Boolean> whole = new CompletableFuture<>();
        CompletableFuture<String> text = new CompletableFuture<>();
        try (HandDrivenEngine slow = HandDrivenEngine.start()) {
            Requests.exchange(
                            client,
                            slow.uri(),
                            "/slow",
                            response -> response.isWholeWithin(comes ? LONG : Duration.ofMillis(50))
                                    .doOnNext(whole::complete)
                                    .then(Mono.defer(response::whole))
                                    .doOnNext(body -> {
                                        text.complete(body.toString(StandardCharsets.US_ASCII));
                                        body.release();
                                    })
                                    .then())
                    .subscribe();
            HandDrivenEngine.Exchange exchange = slow.next();
            exchange.wire().send("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nab");
            if (comes) {
                exchange.wire().send("cde");
            }
            assertThat(whole).succeedsWithin(LONG).isEqualTo(comes);
            if (!comes) {
                exchange.wire().send("cde");
            }
            assertThat(text).succeedsWithin(LONG).isEqualTo("abcde");
        }
    }

    @Test
    void waitsForAConnectionWhileAllAreInUse() throws Exception {
        client = client(1, LONG);
        Mono<String> first = Requests.send(client, uri(), "/waiting").cache();
        first.subscribe();
        await().until(() -> connected.get() == 1);
        Mono<String> second = Requests.send(client, uri(), "/prompt").cache();
        second.subscribe();
        released.tryEmitEmpty();

        assertThat(first.block(LONG)).isEqualTo("at last");
        assertThat(second.block(LONG)).isEqualTo("whole");
        assertThat(connected.get()).isEqualTo(1);
    }

    @Test
    void doesNotWaitForAConnectionForever() {
        client = client(1, Duration.ofMillis(100));
        Disposable first = Requests.send(client, uri(), "/waiting").subscribe();
        await().until(() -> connected.get() == 1);

        assertThatThrownBy(() -> get("/prompt")).hasCauseInstanceOf(TimeoutException.class);

        first.dispose();
        await().untilAsserted(() -> assertThat(connections).isEmpty());
        assertThat(get("/prompt")).isEqualTo("whole");
    }

    @Test
    void countsAConnectionThatIsAskedForAfterAllOthersHaveClosed() {
        client = client(1, LONG);
        Mono<Void> late = Requests.exchange(
                        client,
                        uri(),
                        "/prompt",
                        response -> response.whole().doOnNext(ByteBuf::release).then())
                .cache();
        Requests.exchange(client, uri(), "/large", response -> Mono.empty()).block(LONG);
        await().untilAsserted(() -> assertThat(connections).isEmpty());
        Mono<String> first = Requests.send(client, uri(), "/waiting").cache();
        first.subscribe();
        await().until(() -> connected.get() == 2);
        late.subscribe();
        released.tryEmitEmpty();

        assertThat(first.block(LONG)).isEqualTo("at last");
        late.block(LONG);
        assertThat(connected.get()).as("the limit is one at a time").isEqualTo(2);
    }

    @Test
    void leavesNoTimerBehindWhenTheWaitForAConnectionIsOver() {
        client = client(1, LONG);
        List<Future<?>> timers = new CopyOnWriteArrayList<>();
        EventLoop loop = noting(timers, HttpResources.get().onClient(true).next());
        Mono<String> first = Requests.send(client, uri(), "/waiting").cache();
        first.subscribe();
        await().until(() -> connected.get() == 1);
        Requests.exchange(client, uri(), loop, "/prompt", response -> Mono.empty())
                .subscribe()
                .dispose();
        Mono<Void> next = Requests.exchange(
                        client,
                        uri(),
                        loop,
                        "/prompt",
                        response -> response.whole().doOnNext(ByteBuf::release).then())
                .cache();
        next.subscribe();
        assertThat(timers).hasSize(2);
        released.tryEmitEmpty();
        next.block(LONG);

        assertThat(timers).allMatch(Future::isCancelled);
    }

    @Test
    void endsRequestsThatWaitForAConnectionToo() {
        client = client(1, LONG);
        Mono<String> sent = Requests.send(client, uri(), "/waiting").cache();
        sent.subscribe();
        await().until(() -> connected.get() == 1);
        Mono<String> waiting = Requests.send(client, uri(), "/prompt").cache();
        waiting.subscribe();

        client.end(ApiException.shuttingDown());

        assertThatThrownBy(() -> sent.block(LONG)).isInstanceOf(ApiException.class);
        assertThatThrownBy(() -> waiting.block(LONG)).isInstanceOf(ApiException.class);
        assertThatThrownBy(() -> get("/prompt")).isInstanceOf(ApiException.class);
        assertThat(connected.get()).isEqualTo(1);
    }

    @Test
    void aConnectionWhoseResponseIsNotReadToItsEndIsClosed() {
        client = client(4, LONG);

        Requests.exchange(client, uri(), "/large", response -> Mono.empty()).block(LONG);

        await().untilAsserted(() -> assertThat(connections).isEmpty());
    }

    @Test
    void readsNoFurtherThanItIsAskedTo() {
        client = client(4, LONG);
        AtomicInteger read = new AtomicInteger();
        BaseSubscriber<ByteBuf> reader = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                request(1);
            }

            @Override
            protected void hookOnNext(ByteBuf piece) {
                read.addAndGet(piece.readableBytes());
                piece.release();
            }
        };
        Requests.exchange(client, uri(), "/large", response -> {
                    response.subscribe(reader);
                    return Mono.never();
                })
                .subscribe();
        await().until(() -> read.get() > 0);
        Channel sending = connections.iterator().next();
        await().until(() -> !sending.isWritable());
        int first = read.get();
        assertThat(first).isLessThan(PIECES * 16 * 1024 / 2);

        reader.requestUnbounded();
        await().atMost(LONG).until(() -> read.get() == PIECES * 16 * 1024);
    }

    @Test
    void requestsThatAreGivenUpAtAnyMomentHarmNoOther() {
        client = client(20, LONG);
        AtomicInteger whole = new AtomicInteger();
        AtomicInteger kept = new AtomicInteger();

        Flux.range(0, 1500)
                .flatMap(
                        i -> {
                            Mono<String> request = Requests.send(client, uri(), i % 3 == 0 ? "/stream" : "/prompt");
                            if (i % 2 == 0) {
                                kept.incrementAndGet();
                                return request.doOnNext(text -> whole.incrementAndGet());
                            }
                            long micros = ThreadLocalRandom.current().nextLong(5000);
                            return request.takeUntilOther(Mono.delay(Duration.ofNanos(micros * 1000)));
                        },
                        20)
                .blockLast(Duration.ofMinutes(4));

        assertThat(whole.get()).isEqualTo(kept.get());
        assertThat(get("/prompt")).isEqualTo("whole");
    }

    /** An event loop that notes what is to happen on it later. */
    private static EventLoop noting(List<Future<?>> timers, EventLoop loop) {
        return (EventLoop) Proxy.newProxyInstance(
                EventLoop.class.getClassLoader(), new Class<?>[] {EventLoop.class}, (proxy, method, arguments) -> {
                    Object result = method.invoke(loop, arguments);
                    if (method.getName().equals("schedule")) {
                        timers.add((Future<?>) result);
                    }
                    return result;
                });
    }

    private UpstreamClient client(int maxConnections, Duration acquireTimeout) {
        return new UpstreamClient(
                new UpstreamSettings(LONG, LONG, LONG, LONG, maxConnections, acquireTimeout, "", LONG, LONG, List.of()),
                HeaderLimits.DEFAULT);
    }

    private String get(String path) {
        return Requests.send(client, uri(), path).block(LONG);
    }

    private URI uri() {
        return URI.create("http://127.0.0.1:" + engine.port());
    }
}
