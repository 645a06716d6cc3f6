package dev.warmlane.proxy.upstream;

import dev.warmlane.proxy.upstream.WholeContent.WholeInTime;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

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
    private @Nullable WholeInTime awaited;

    UpstreamResponse(HttpResponse head, UpstreamExchange exchange, EventLoop loop) {
        this.head = head;
        this.exchange = exchange;
        this.loop = loop;
    }

    /** The HTTP status. */
    public int status() {
        return head.status().code();
    }

    /** All headers, those of the connection included. */
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
        WholeInTime whole = new WholeInTime();
        awaited = whole;
        exchange.join();
        if (ended) {
            whole.ended(failure);
        } else {
            whole.await(loop, longest);
        }
        return whole.told();
    }

    /** The whole content, perhaps empty, which has the time that may pass between two parts of a stream. */
    public Mono<ByteBuf> whole() {
        return new Mono<>() {
            @Override
            public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
                UpstreamResponse.this.subscribe(new WholeContent(actual, loop));
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
        if (actual instanceof WholeContent) {
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
        if (awaited != null) {
            awaited.ended(why);
        }
        drain();
    }

    /** Nobody reads it any more. */
    void drop() {
        dropped = true;
        if (awaited != null) {
            awaited.dropped();
        }
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
}
