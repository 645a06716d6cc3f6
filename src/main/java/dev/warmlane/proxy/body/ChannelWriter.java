package dev.warmlane.proxy.body;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import org.springframework.http.server.reactive.AbstractServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.netty.Connection;
import reactor.netty.http.server.HttpServerResponse;
import reactor.util.context.Context;

/**
 * Writes the chunks of a response to its client's connection as they come. All that comes in one turn of the event loop is
 * flushed together, and nothing waits for more. While the client is slower, no more is asked for than has been asked for already.
 * The response is committed with its first chunk; until then it can still become another one.
 *
 * <p>Implementation notes: in place of Spring's and Reactor Netty's operators, which would make several publishers for each
 * token. All state is confined to the client's event loop, which normally is the engine's as well.
 */
public final class ChannelWriter extends Mono<Void> {
    /** How many chunks are asked for ahead: what may wait for a slow client. */
    private static final int AHEAD = 32;

    private final Publisher<ByteBuf> chunks;
    private final ServerHttpResponse response;
    private final HttpServerResponse server;

    private ChannelWriter(Publisher<ByteBuf> chunks, ServerHttpResponse response, HttpServerResponse server) {
        this.chunks = chunks;
        this.response = response;
        this.server = server;
    }

    /**
     * What writes and releases these chunks once subscribed to; null where a filter has put itself between and wants to see them.
     */
    public static @Nullable Mono<Void> of(Publisher<ByteBuf> chunks, ServerHttpResponse response) {
        if (response instanceof ServerHttpResponseDecorator
                || !(response instanceof AbstractServerHttpResponse plain)
                || !(plain.getNativeResponse() instanceof HttpServerResponse server)
                || !(server instanceof Connection)) {
            return null;
        }
        return new ChannelWriter(chunks, response, server);
    }

    @Override
    public void subscribe(CoreSubscriber<? super Void> whole) {
        chunks.subscribe(new Writing(whole, ((Connection) server).channel()));
    }

    private final class Writing implements CoreSubscriber<ByteBuf>, Subscription {
        private final CoreSubscriber<? super Void> whole;
        private final Channel channel;
        private final EventLoop loop;
        private Subscription source = Operators.emptySubscription();
        /** Chunks that were asked for and have not come. */
        private int asked = 1;

        private @Nullable ByteBuf first;
        private @Nullable ChannelFuture lastWrite;
        private boolean committing;
        private boolean begun;
        private boolean complete;
        private boolean waits;
        private boolean flushes;
        private boolean over;

        Writing(CoreSubscriber<? super Void> whole, Channel channel) {
            this.whole = whole;
            this.channel = channel;
            this.loop = channel.eventLoop();
        }

        @Override
        public Context currentContext() {
            return whole.currentContext();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            source = subscription;
            whole.onSubscribe(this);
            subscription.request(asked);
        }

        @Override
        public void onNext(ByteBuf chunk) {
            if (loop.inEventLoop()) {
                accept(chunk);
                return;
            }
            try {
                loop.execute(() -> accept(chunk));
            } catch (RejectedExecutionException e) {
                chunk.release();
            }
        }

        @Override
        public void onComplete() {
            onLoop(() -> {
                complete = true;
                if (begun) {
                    end(null);
                } else {
                    commit();
                }
            });
        }

        @Override
        public void onError(Throwable failure) {
            onLoop(() -> {
                if (!committing) {
                    response.getHeaders().clearContentHeaders();
                }
                end(failure);
            });
        }

        private void accept(ByteBuf chunk) {
            if (over) {
                chunk.release();
                return;
            }
            asked--;
            if (begun) {
                write(chunk);
            } else {
                first = chunk;
                commit();
            }
        }

        /** Runs what has to run before the head goes out, and sends it. */
        private void commit() {
            if (over || committing) {
                return;
            }
            committing = true;
            // Without a body of its own it writes nothing, but from here on it counts as begun.
            response.setComplete().then(Mono.defer(server::then)).subscribe(new BaseSubscriber<Void>() {
                @Override
                public Context currentContext() {
                    return whole.currentContext();
                }

                @Override
                protected void hookOnComplete() {
                    onLoop(Writing.this::begin);
                }

                @Override
                protected void hookOnError(Throwable failure) {
                    onLoop(() -> {
                        source.cancel();
                        end(failure);
                    });
                }
            });
        }

        private void begin() {
            if (over) {
                return;
            }
            begun = true;
            ByteBuf chunk = first;
            first = null;
            if (chunk != null) {
                write(chunk);
            }
            if (complete) {
                end(null);
            }
        }

        private void write(ByteBuf chunk) {
            if (chunk.isReadable()) {
                ChannelFuture written = channel.write(chunk);
                lastWrite = written;
                if (!flushes) {
                    flushes = true;
                    loop.execute(this::flush);
                }
            } else {
                chunk.release();
            }
            ask();
        }

        private void flush() {
            if (flushes) {
                flushes = false;
                channel.flush();
            }
        }

        private void ask() {
            if (over || complete || waits || asked > AHEAD / 2) {
                return;
            }
            if (lastWrite != null && !channel.isWritable()) {
                waits = true;
                await(lastWrite);
                return;
            }
            int more = AHEAD - asked;
            asked = AHEAD;
            source.request(more);
        }

        /** Goes on when all that was written is out. If it cannot be written, the connection is over, and so is this. */
        private void await(ChannelFuture written) {
            written.addListener(done -> {
                if (!done.isSuccess()) {
                    return;
                }
                ChannelFuture last = lastWrite;
                if (last != null && last != written) {
                    await(last);
                } else {
                    // Its bytes are taken off only after this, so that the connection need not be writable yet.
                    lastWrite = null;
                    waits = false;
                    ask();
                }
            });
        }

        /** @param failure null where the response is whole */
        private void end(@Nullable Throwable failure) {
            if (over) {
                return;
            }
            over = true;
            releaseFirst();
            if (failure == null) {
                // Its end is flushed with what comes before, unless a filter takes its time: then that goes alone, in
                // this turn.
                whole.onComplete();
            } else {
                flush();
                whole.onError(failure);
            }
        }

        private void releaseFirst() {
            if (first != null) {
                first.release();
                first = null;
            }
        }

        @Override
        public void request(long count) {
            // There is only an end.
        }

        @Override
        public void cancel() {
            source.cancel();
            onLoop(() -> {
                over = true;
                releaseFirst();
            });
        }

        private void onLoop(Runnable step) {
            if (loop.inEventLoop()) {
                step.run();
                return;
            }
            try {
                loop.execute(step);
            } catch (RejectedExecutionException e) {
                // The server is gone, and the connection with it: nobody waits.
                source.cancel();
            }
        }
    }
}
