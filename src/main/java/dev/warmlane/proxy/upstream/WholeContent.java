package dev.warmlane.proxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;

/**
 * The content of an {@link UpstreamResponse} as one buffer, without a copy where it came in one piece. On the connection's event loop;
 * a cancel may come from another thread.
 */
final class WholeContent implements CoreSubscriber<ByteBuf>, Subscription {
    private final CoreSubscriber<? super ByteBuf> actual;
    private final EventLoop loop;
    private Subscription content = Operators.emptySubscription();
    private @Nullable ByteBuf joined;
    private boolean over;

    WholeContent(CoreSubscriber<? super ByteBuf> actual, EventLoop loop) {
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
            joined = chunk.alloc().compositeBuffer().addComponent(true, joined).addComponent(true, chunk);
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

    /** Whether all of a content is here in time. On the connection's event loop. */
    static final class WholeInTime {
        private final Sinks.One<Boolean> told = Sinks.one();
        private @Nullable Future<?> timer;

        /** True or false, once; fails as the response does. */
        Mono<Boolean> told() {
            return told.asMono();
        }

        /** Says that it is not unless it ends within this time from now. */
        void await(EventLoop loop, Duration longest) {
            timer = loop.schedule(() -> told.tryEmitValue(false), longest.toNanos(), TimeUnit.NANOSECONDS);
        }

        /** @param failure null where the content is whole */
        void ended(@Nullable Throwable failure) {
            dropped();
            if (failure == null) {
                told.tryEmitValue(true);
            } else {
                told.tryEmitError(failure);
            }
        }

        /** Nobody wants to know any more. */
        void dropped() {
            if (timer != null) {
                timer.cancel(false);
            }
        }
    }
}
