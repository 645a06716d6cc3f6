package dev.warmlane.proxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Sends a request once it is subscribed to, hands the response to its use, and ends as that ends. However it ends, it leaves nothing
 * behind: a connection whose response was not read to its end is closed. Its own subscriber, as a request is sent once; on the event
 * loop of its connection once it has one, only a cancel may come from elsewhere.
 */
final class UpstreamExchange extends Mono<Void> implements CoreSubscriber<Void>, Subscription {
    private volatile EndpointConnections connections;
    private final EventLoop loop;
    private final UpstreamAttempt attempt;
    private final Supplier<FullHttpRequest> request;
    private final Function<UpstreamResponse, Publisher<Void>> use;
    private CoreSubscriber<? super Void> caller = Operators.emptySubscriber();
    /** Asked for by each who subscribes below; the caller would ask all who are above it each time. */
    private Context context = Context.empty();

    private volatile boolean over;
    private volatile @Nullable UpstreamConnection connection;
    private volatile Subscription used = Operators.emptySubscription();
    private @Nullable UpstreamResponse response;
    /** Under the lock of the connections, as is the place among those who wait. */
    private @Nullable Future<?> acquireTimer;

    /**
     * @param loop where the connection should be, if it can
     * @param request made when it is sent, so that it does not live as long as the response
     */
    UpstreamExchange(
            EndpointConnections connections,
            EventLoop loop,
            UpstreamAttempt attempt,
            Supplier<FullHttpRequest> request,
            Function<UpstreamResponse, Publisher<Void>> use) {
        this.connections = connections;
        this.loop = loop;
        this.attempt = attempt;
        this.request = request;
        this.use = use;
    }

    @Override
    public void subscribe(CoreSubscriber<? super Void> subscriber) {
        caller = subscriber;
        context = subscriber.currentContext();
        subscriber.onSubscribe(this);
        if (attempt.isFresh()) {
            connections.open(this);
        } else {
            connections.acquire(this);
        }
    }

    /** Whose connections it has or waits for. */
    void at(EndpointConnections current) {
        connections = current;
    }

    EventLoop loop() {
        return loop;
    }

    boolean isOver() {
        return over;
    }

    /** It waits for a connection, until this fires. */
    void waitUntil(Future<?> timer) {
        acquireTimer = timer;
    }

    /** Its turn has come, or it has left: a timer that stayed would keep the request alive for no one. */
    void waitNoMore() {
        if (acquireTimer != null) {
            acquireTimer.cancel(false);
            acquireTimer = null;
        }
    }

    /** Sends the request on a connection that is there, unless nobody waits for it any more. */
    void start(UpstreamConnection taken) {
        if (over) {
            taken.unused();
        } else if (attempt.begin(taken.channel(), System.nanoTime())) {
            connection = taken;
            FullHttpRequest sent;
            try {
                sent = request.get();
            } catch (RuntimeException e) {
                // Such as a header that Netty does not write.
                fail(e);
                return;
            }
            taken.send(this, sent);
        }
    }

    void head(HttpResponse head, Channel channel) {
        UpstreamResponse begun = new UpstreamResponse(head, this, channel.eventLoop());
        response = begun;
        try {
            use.apply(begun).subscribe(this);
        } catch (RuntimeException e) {
            onError(e);
        }
    }

    void chunk(ByteBuf chunk) {
        UpstreamResponse begun = response;
        if (begun == null) {
            chunk.release();
        } else {
            begun.chunk(chunk);
        }
    }

    void complete() {
        if (response != null) {
            response.end(null);
        }
    }

    void fail(Throwable failure) {
        if (response != null) {
            response.end(failure);
        } else if (!over) {
            over = true;
            caller.onError(failure);
        }
    }

    void pause() {
        UpstreamConnection reading = connection;
        if (reading != null) {
            reading.pause(this);
        }
    }

    void resume() {
        UpstreamConnection reading = connection;
        if (reading != null) {
            reading.resume(this);
        }
    }

    void join() {
        UpstreamConnection reading = connection;
        if (reading != null) {
            reading.join(this);
        }
    }

    /** Nobody wants the rest. From any thread. */
    void abandon() {
        UpstreamConnection open = connection;
        if (open == null) {
            return;
        }
        EventLoop of = open.channel().eventLoop();
        if (of.inEventLoop()) {
            withdraw(open);
        } else {
            of.execute(() -> withdraw(open));
        }
    }

    private void withdraw(UpstreamConnection open) {
        if (response != null) {
            response.drop();
        }
        open.abandon(this);
    }

    @Override
    public Context currentContext() {
        return context;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        used = subscription;
        if (over) {
            subscription.cancel();
        } else {
            subscription.request(Long.MAX_VALUE);
        }
    }

    @Override
    public void onNext(Void never) {
        // There is only an end.
    }

    @Override
    public void onComplete() {
        over = true;
        abandon();
        caller.onComplete();
    }

    @Override
    public void onError(Throwable failure) {
        over = true;
        abandon();
        caller.onError(failure);
    }

    @Override
    public void request(long count) {
        // There is only an end.
    }

    @Override
    public void cancel() {
        over = true;
        connections.leave(this);
        used.cancel();
        abandon();
    }
}
