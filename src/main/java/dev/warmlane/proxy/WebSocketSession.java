package dev.warmlane.proxy;

import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.proxy.WebSocketFrames.FramesUnderWay;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.FailureLog;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Mono;
import reactor.netty.FutureMono;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.websocket.WebsocketInbound;
import reactor.netty.http.websocket.WebsocketOutbound;

/**
 * A WebSocket between a client and an endpoint. Frames, pings included, pass both ways unchanged but for names of models, and no
 * faster than the receiver reads. When one side ends, in whatever way, the other is told why and has some time to read what is
 * under way.
 */
final class WebSocketSession {
    static final WebSocketCloseStatus GOING_AWAY =
            new WebSocketCloseStatus(WebSocketCloseStatus.ENDPOINT_UNAVAILABLE.code(), "going away");
    static final WebSocketCloseStatus NO_MEMORY =
            new WebSocketCloseStatus(WebSocketCloseStatus.TRY_AGAIN_LATER.code(), "too many frames under way");
    private static final WebSocketCloseStatus FAILED =
            new WebSocketCloseStatus(WebSocketCloseStatus.INTERNAL_SERVER_ERROR.code(), "the endpoint failed");

    private final Side client;
    private final Side engine;
    private final RoutedExchange routed;
    private final Dispatch dispatch;
    private final FailureLog log;
    private final Duration farewell;
    private final RealtimeEvents events;
    private final AtomicReference<@Nullable Side> first = new AtomicReference<>();

    /** @param farewell how long either side may take for what is under way when the other has ended */
    WebSocketSession(
            Side client, Side engine, RoutedExchange routed, Dispatch dispatch, FailureLog log, Duration farewell) {
        this.client = client;
        this.engine = engine;
        this.routed = routed;
        this.dispatch = dispatch;
        this.log = log;
        this.farewell = farewell;
        this.events = new RealtimeEvents(routed, dispatch);
    }

    /** Completes when both sides are closed; fails if the client left without a word. */
    Mono<Void> run() {
        return Mono.when(
                        pass(client, engine, events::ofClient, GOING_AWAY),
                        pass(engine, client, events::ofEngine, FAILED))
                .then(Mono.defer(this::end));
    }

    private Mono<Void> pass(Side from, Side to, UnaryOperator<WebSocketFrame> tap, WebSocketCloseStatus ifGone) {
        Flux<WebSocketFrame> frames = new Frames(from.in.receiveFrames(), tap, from.underWay::passed, failure -> {
            from.failure = failure;
            ended(from, to);
        });
        // Its end is behind the frames that wait, and those for a side that may read nothing.
        from.whenClosed(() -> ended(from, to));
        // One at a time, as Reactor Netty would read 128 ahead, whatever their size.
        return frames.concatMap(to::send, 0)
                .doOnDiscard(WebSocketFrame.class, ReferenceCountUtil::release)
                .then()
                .onErrorComplete()
                .then(Mono.defer(() -> status(from, ifGone)))
                .flatMap(to::close)
                .onErrorComplete();
    }

    private void ended(Side from, Side to) {
        first.compareAndSet(null, from);
        // What cannot be sent by then never will be.
        to.closeAfter(farewell);
    }

    /** Why a side has closed, or what is said of one that did not. */
    private Mono<WebSocketCloseStatus> status(Side from, WebSocketCloseStatus ifGone) {
        if (from.underWay.isRefused()) {
            return Mono.just(from == engine ? NO_MEMORY : GOING_AWAY);
        }
        Throwable failure = from.failure;
        if (failure != null) {
            return Mono.just(failure instanceof Idle || failure instanceof ApiException ? GOING_AWAY : ifGone);
        }
        return from.in
                .receiveCloseStatus()
                .onErrorComplete()
                .doOnNext(said -> from.closed = true)
                .defaultIfEmpty(ifGone);
    }

    private Mono<Void> end() {
        routed.progress().complete();
        if (first.get() == client) {
            return client.closed ? Mono.empty() : Mono.error(new AbortedException("The client has left."));
        }
        if (engine.underWay.isRefused()) {
            // It is the gateway that lacks memory, most likely for a client that does not read.
            routed.progress().outOfMemory();
            return Mono.empty();
        }
        Throwable failure = engine.failure;
        if (!engine.closed && !(failure instanceof Idle)) {
            routed.progress().brokeOff();
            EngineFailure why = UpstreamAttempt.failure(failure == null ? AbortedException.beforeSend() : failure);
            dispatch.brokeOff(why.cause());
            log.note(dispatch.endpoint().name(), "WebSocket broke off", why.reason());
        }
        return Mono.empty();
    }

    /** One end. */
    static final class Side {
        private final WebsocketInbound in;
        private final WebsocketOutbound out;
        private final FramesUnderWay underWay;
        private volatile @Nullable Channel channel;
        private volatile @Nullable Throwable failure;
        private volatile boolean closed;

        /** @param underWay what has come of its frames and nobody has taken */
        Side(WebsocketInbound in, WebsocketOutbound out, FramesUnderWay underWay) {
            this.in = in;
            this.out = out;
            this.underWay = underWay;
            in.withConnection(connection -> channel = connection.channel());
        }

        WebsocketInbound in() {
            return in;
        }

        /** Sends a frame, and completes when the connection has taken it. */
        private Mono<Void> send(WebSocketFrame frame) {
            Channel open = channel;
            if (open == null) {
                frame.release();
                return Mono.error(AbortedException.beforeSend());
            }
            return FutureMono.from(open.writeAndFlush(frame));
        }

        /** Says why, if anybody is still there. */
        private Mono<Void> close(WebSocketCloseStatus why) {
            Channel open = channel;
            if (open == null || !open.isOpen()) {
                return Mono.empty();
            }
            int code = why.code();
            return WebSocketCloseStatus.isValidStatusCode(code)
                    ? out.sendClose(code, why.reasonText())
                    : out.sendClose();
        }

        /** Runs this when the connection is closed, by whomever. */
        private void whenClosed(Runnable then) {
            Channel open = channel;
            if (open != null) {
                open.closeFuture().addListener(closed -> then.run());
            }
        }

        @SuppressWarnings("FutureReturnValueIgnored") // Closing is all that is left to do.
        private void closeAfter(Duration farewell) {
            Channel open = channel;
            if (open != null && open.isOpen()) {
                open.eventLoop().schedule(() -> open.close(), farewell.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }

    /**
     * The frames of a side until it ends. Whoever does not want them any more does not end it: Reactor Netty would close the
     * WebSocket without a reason, so what still comes is read and dropped.
     */
    private static final class Frames extends FluxOperator<WebSocketFrame, WebSocketFrame> {
        private final UnaryOperator<WebSocketFrame> tap;
        private final IntConsumer passed;
        private final Consumer<@Nullable Throwable> onEnd;

        /** @param passed told the bytes of each frame when the next one is asked for */
        Frames(
                Flux<WebSocketFrame> source,
                UnaryOperator<WebSocketFrame> tap,
                IntConsumer passed,
                Consumer<@Nullable Throwable> onEnd) {
            super(source);
            this.tap = tap;
            this.passed = passed;
            this.onEnd = onEnd;
        }

        @Override
        public void subscribe(CoreSubscriber<? super WebSocketFrame> actual) {
            source.subscribe(new Reader(actual));
        }

        private final class Reader implements CoreSubscriber<WebSocketFrame>, Subscription {
            private final CoreSubscriber<? super WebSocketFrame> actual;
            private volatile @Nullable Subscription frames;
            private volatile boolean unwanted;
            private volatile int bytes;

            Reader(CoreSubscriber<? super WebSocketFrame> actual) {
                this.actual = actual;
            }

            @Override
            public void onSubscribe(Subscription subscription) {
                frames = subscription;
                actual.onSubscribe(this);
            }

            @Override
            public void onNext(WebSocketFrame frame) {
                int length = frame.content().readableBytes();
                if (unwanted) {
                    passed.accept(length);
                } else {
                    bytes = length;
                    actual.onNext(tap.apply(frame));
                }
            }

            @Override
            public void onError(Throwable failure) {
                end(failure);
            }

            @Override
            public void onComplete() {
                end(null);
            }

            private void end(@Nullable Throwable failure) {
                onEnd.accept(failure);
                if (!unwanted) {
                    actual.onComplete();
                }
            }

            @Override
            public void request(long count) {
                passed.accept(bytes);
                bytes = 0;
                Subscription source = frames;
                if (source != null) {
                    source.request(count);
                }
            }

            @Override
            public void cancel() {
                unwanted = true;
                request(Long.MAX_VALUE);
            }
        }
    }

    /** Neither side has said anything for long. */
    static final class Idle extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Idle() {
            super("idle", null, false, false);
        }
    }
}
