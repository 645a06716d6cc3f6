package dev.warmlane.proxy.body;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

class ChannelWriterIT {
    private final AtomicInteger flushes = new AtomicInteger();

    @Test
    void sendsTogetherWhatComesTogether() {
        WireMessage answer = serve((request, response) -> write(chunks("one", "two", "three"), response));
        assertThat(answer.text()).isEqualTo("onetwothree");
        assertThat(flushes)
                .as("of the head, of all else, and of what may be left")
                .hasValueLessThanOrEqualTo(3);
    }

    @Test
    void sendsTheLastChunkThoughTheEndTakesItsTime() {
        AtomicBoolean seen = new AtomicBoolean();
        WireMessage answer = serve((request, response) -> write(chunks("one"), response)
                .then(Mono.delay(Duration.ofMillis(50)).doOnNext(late -> seen.set(flushes.get() >= 2)))
                .then());
        assertThat(answer.text()).isEqualTo("one");
        assertThat(seen).isTrue();
    }

    @Test
    void keepsTheOrderOfWhatComesOnAnotherThread() {
        List<String> many =
                IntStream.range(0, 1000).mapToObj(i -> "<" + i + ">").toList();
        Flux<ByteBuf> elsewhere = chunks(many.toArray(new String[0])).publishOn(Schedulers.parallel());
        WireMessage answer = serve((request, response) -> write(elsewhere, response));
        assertThat(answer.text()).isEqualTo(String.join("", many));
    }

    @Test
    void beginsNothingBeforeTheFirstChunk() {
        WireMessage answer =
                serve((request, response) -> write(Flux.error(new IllegalStateException("no engine")), response)
                        .onErrorResume(failure -> {
                            response.setStatusCode(HttpStatus.BAD_GATEWAY);
                            return response.setComplete();
                        }));
        assertThat(answer.status()).isEqualTo(502);
    }

    @Test
    void runsFirstWhatHasToRunBeforeTheHead() {
        WireMessage answer = serve((request, response) -> {
            response.beforeCommit(() -> {
                response.getHeaders().set("x-late", "yes");
                return Mono.empty();
            });
            return write(chunks("one"), response);
        });
        assertThat(answer.header("x-late")).isEqualTo("yes");
        assertThat(answer.text()).isEqualTo("one");
    }

    @Test
    void sendsTheHeadOfAResponseWithoutChunks() {
        WireMessage answer = serve((request, response) -> {
            response.setStatusCode(HttpStatus.ACCEPTED);
            return write(Flux.empty(), response);
        });
        assertThat(answer.status()).isEqualTo(202);
    }

    @Test
    void leavesAResponseToTheFilterThatHasWrappedIt() {
        AtomicBoolean left = new AtomicBoolean();
        serve((request, response) -> {
            left.set(ChannelWriter.of(Flux.empty(), new ServerHttpResponseDecorator(response)) == null);
            return response.setComplete();
        });
        assertThat(left).isTrue();
    }

    private static Mono<Void> write(Flux<ByteBuf> chunks, ServerHttpResponse response) {
        return Objects.requireNonNull(ChannelWriter.of(chunks, response));
    }

    private static Flux<ByteBuf> chunks(String... texts) {
        return Flux.fromArray(texts).map(text -> Unpooled.copiedBuffer(text, US_ASCII));
    }

    private WireMessage serve(HttpHandler handler) {
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .doOnChannelInit(
                        (observer, channel, remote) -> channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
                            @Override
                            public void flush(ChannelHandlerContext ctx) {
                                flushes.incrementAndGet();
                                ctx.flush();
                            }
                        }))
                .handle(new ReactorHttpHandlerAdapter(handler))
                .bindNow();
        try {
            return Wire.exchange(server.port(), "GET / HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n");
        } finally {
            server.disposeNow();
        }
    }
}
