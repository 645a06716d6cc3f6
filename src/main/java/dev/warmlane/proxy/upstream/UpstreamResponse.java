package dev.warmlane.proxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;

/**
 * An endpoint's response: its head, and what comes after it. The content is read once, as a stream or whole, and belongs to whoever
 * reads it. While it is not asked for or awaited, the connection is not read, so that what waits is what one read has brought.
 *
 * <p>All state is confined to the connection's event loop; requests and cancels may come from other threads.
 */
public final class UpstreamResponse extends Flux<ByteBuf> implements Subscription {
    private final HttpResponse head;
    private final UpstreamExchange exchange;
    private final EventLoop loop;
    /** Null until somebody reads it. */
    private @Nullable CoreSubscriber<? super ByteBuf> reader;

    private long asked;
    private boolean draining;
    private boolean over;
    private @Nullable Queue<ByteBuf> waiting;
    private boolean ended;
    private boolean dropped;
    private @Nullable Throwable failure;
    /** Told of the end before anybody reads, so what comes until then waits for the reader. */
    private Sinks.@Nullable One<Boolean> awaited;

    private @Nullable Future<?> lateTimer;

    UpstreamResponse(HttpResponse head, UpstreamExchange exchange, EventLoop loop) {
        this.head = head;
        this.exchange = exchange;
        this.loop = loop;
    }

    public int status() {
        return head.status().code();
    }

    public HttpHeaders headers() {
        return head.headers();
    }

    /** Whether it says that it is a stream of events. */
    public boolean isEventStream() {
        String type = headers().get(HttpHeaderNames.CONTENT_TYPE);
        return type != null && type.regionMatches(true, 0, "text/event-stream", 0, 17);
    }

    /** On which the content comes. */
    public EventLoop eventLoop() {
        return loop;
    }

    /**
     * Whether all of a content that fits into memory is here within this time from now. Fails as the response does. To be called before
     * anybody reads it, who still can; on the event loop.
     */
    public Mono<Boolean> isWholeWithin(Duration longest) {
        Sinks.One<Boolean> told = Sinks.one();
        awaited = told;
        exchange.join();
        if (ended) {
            tellWhoAwaits();
        } else {
            lateTimer = loop.schedule(() -> told.tryEmitValue(false), longest.toNanos(), TimeUnit.NANOSECONDS);
        }
        return told.asMono();
    }

    private void tellWhoAwaits() {
        cancelLateTimer();
        if (awaited == null) {
            return;
        }
        Throwable why = failure;
        if (why == null) {
            awaited.tryEmitValue(true);
        } else {
            awaited.tryEmitError(why);
        }
    }

    private void cancelLateTimer() {
        if (lateTimer != null) {
            lateTimer.cancel(false);
        }
    }

    /** The whole content, perhaps empty, which has the time that may pass between two parts of a stream. */
    public Mono<ByteBuf> whole() {
        return new Mono<>() {
            @Override
            public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
                UpstreamResponse.this.subscribe(new Joining(actual, loop));
            }
        };
    }

    @Override
    public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
        if (loop.inEventLoop()) {
            start(actual);
        } else {
            loop.execute(() -> start(actual));
        }
    }

    private void start(CoreSubscriber<? super ByteBuf> actual) {
        reader = actual;
        if (actual instanceof Joining) {
            exchange.join();
        }
        actual.onSubscribe(this);
        drain();
    }

    /** Takes a part of the content over. */
    void chunk(ByteBuf chunk) {
        if (dropped) {
            chunk.release();
        } else if (reader != null && takesNow()) {
            next(reader, chunk);
        } else {
            if (waiting == null) {
                waiting = new ArrayDeque<>();
            }
            waiting.add(chunk);
            if (awaited == null || reader != null) {
                exchange.pause();
            }
        }
    }

    /** @param why null where the response is whole */
    void end(@Nullable Throwable why) {
        if (ended) {
            return;
        }
        ended = true;
        failure = why;
        tellWhoAwaits();
        drain();
    }

    /** Nobody reads it any more. */
    void drop() {
        dropped = true;
        cancelLateTimer();
        Queue<ByteBuf> rest = waiting;
        waiting = null;
        if (rest != null) {
            rest.forEach(ByteBuf::release);
        }
    }

    private boolean isEmpty() {
        return waiting == null || waiting.isEmpty();
    }

    private boolean takesNow() {
        return asked > 0 && !draining && isEmpty();
    }

    private void next(CoreSubscriber<? super ByteBuf> to, ByteBuf chunk) {
        if (asked != Long.MAX_VALUE) {
            asked--;
        }
        to.onNext(chunk);
    }

    @Override
    public void request(long count) {
        if (loop.inEventLoop()) {
            ask(count);
        } else {
            loop.execute(() -> ask(count));
        }
    }

    private void ask(long count) {
        asked = Operators.addCap(asked, count);
        drain();
    }

    private void drain() {
        CoreSubscriber<? super ByteBuf> to = reader;
        if (to == null || draining || over) {
            return;
        }
        draining = true;
        while (asked > 0 && waiting != null && !waiting.isEmpty() && !dropped) {
            next(to, waiting.remove());
        }
        draining = false;
        if (!isEmpty() || over || dropped) {
            return;
        }
        if (ended) {
            over = true;
            if (failure == null) {
                to.onComplete();
            } else {
                to.onError(failure);
            }
        } else if (asked > 0) {
            exchange.resume();
        }
    }

    @Override
    public void cancel() {
        over = true;
        exchange.abandon();
    }

    /** Joins the content, without a copy where it came in one piece. */
    private static final class Joining implements CoreSubscriber<ByteBuf>, Subscription {
        private final CoreSubscriber<? super ByteBuf> actual;
        private final EventLoop loop;
        private Subscription content = Operators.emptySubscription();
        private @Nullable ByteBuf joined;
        private boolean over;

        Joining(CoreSubscriber<? super ByteBuf> actual, EventLoop loop) {
            this.actual = actual;
            this.loop = loop;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            content = subscription;
            actual.onSubscribe(this);
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(ByteBuf chunk) {
            if (over) {
                chunk.release();
            } else if (joined == null) {
                joined = chunk;
            } else if (joined instanceof CompositeByteBuf pieces) {
                pieces.addComponent(true, chunk);
            } else {
                joined = chunk.alloc()
                        .compositeBuffer()
                        .addComponent(true, joined)
                        .addComponent(true, chunk);
            }
        }

        @Override
        public void onComplete() {
            if (!over) {
                over = true;
                actual.onNext(joined == null ? Unpooled.EMPTY_BUFFER : joined);
                actual.onComplete();
            }
        }

        @Override
        public void onError(Throwable failure) {
            discard();
            actual.onError(failure);
        }

        @Override
        public void request(long count) {
            // All of it is one value.
        }

        @Override
        public void cancel() {
            content.cancel();
            if (loop.inEventLoop()) {
                discard();
            } else {
                loop.execute(this::discard);
            }
        }

        private void discard() {
            if (!over) {
                over = true;
                if (joined != null) {
                    joined.release();
                }
            }
        }
    }
}
