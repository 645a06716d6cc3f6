package dev.warmlane.proxy;

import dev.warmlane.core.vllm.StreamStart;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * An event stream on its way to the client, watched; each chunk belongs to whoever has it. The first chunks are held back until the engine
 * generates: until then nothing has gone to the client, so another endpoint can take over if the engine aborts the request
 * ({@link UnusableResponse}) or dies. If that takes too long, an empty chunk goes ahead, and with it the headers.
 *
 * <p>Implementation notes: one operator instead of several, because it runs for each token; its own subscriber, as a response is
 * read once. Signals of the source and of the timer come on the connection's event loop, which confines all state; what the client
 * asks for may come from another thread. The client asks for one chunk first and for more when it has come, as Spring's {@code ChannelSendOperator} does.
 */
final class HeldStream extends Flux<ByteBuf> implements CoreSubscriber<ByteBuf>, Subscription {
    private final Flux<ByteBuf> content;
    private final ResponseObserver observer;
    private final EventExecutor loop;
    private final long holdNanos;
    private final BooleanSupplier mayGiveUp;
    private CoreSubscriber<? super ByteBuf> client = Operators.emptySubscriber();
    private @Nullable Subscription engine;
    private @Nullable Future<?> holdTimer;
    private ByteBuf held = Unpooled.EMPTY_BUFFER;
    private boolean begun;
    private boolean done;
    /** Whether the client got a chunk for which the engine is still asked: the engine's next is one too many. */
    private volatile boolean ahead;
    /** The end, while the client has not asked for what is held. */
    private @Nullable Runnable waitingEnd;

    /**
     * @param loop on which the content comes
     * @param holdNanos how long the first chunks are held back at most; 0 lets the headers go at once
     * @param mayGiveUp asked when the engine has aborted the request before its first token
     */
    HeldStream(
            Flux<ByteBuf> content,
            ResponseObserver observer,
            EventExecutor loop,
            long holdNanos,
            BooleanSupplier mayGiveUp) {
        this.content = content;
        this.observer = observer;
        this.loop = loop;
        this.holdNanos = holdNanos;
        this.mayGiveUp = mayGiveUp;
    }

    @Override
    public void subscribe(CoreSubscriber<? super ByteBuf> subscriber) {
        client = subscriber;
        content.subscribe(this);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        engine = subscription;
        client.onSubscribe(this);
        if (begun || done) {
            return;
        }
        if (holdNanos == 0) {
            goAhead();
        } else {
            holdTimer = loop.schedule(this::goAhead, holdNanos, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void onNext(ByteBuf chunk) {
        if (done) {
            chunk.release();
            return;
        }
        if (!begun) {
            hold(chunk);
            return;
        }
        observer.acceptEvents(chunk);
        if (ahead) {
            held = chunk;
        } else {
            client.onNext(chunk);
        }
    }

    private void hold(ByteBuf chunk) {
        StreamStart start = observer.hold(chunk);
        if (start == StreamStart.ABORTED && mayGiveUp.getAsBoolean()) {
            chunk.release();
            stop();
            engine().cancel();
            client.onError(UnusableResponse.aborted());
            return;
        }
        held = Unpooled.wrappedBuffer(held, chunk);
        if (start == StreamStart.UNDECIDED) {
            engine().request(1);
            return;
        }
        if (start == StreamStart.ABORTED) {
            observer.commitAborted();
        }
        releaseHeld();
    }

    /** The time is over: what is held goes, or else an empty chunk. */
    private void goAhead() {
        if (begun || done) {
            return;
        }
        ahead = true;
        if (held.isReadable()) {
            releaseHeld();
        } else {
            observer.commit();
            begin();
            client.onNext(Unpooled.EMPTY_BUFFER);
        }
    }

    @Override
    public void request(long count) {
        if (!ahead) {
            engine().request(count);
        } else if (loop.inEventLoop()) {
            catchUp(count);
        } else {
            loop.execute(() -> catchUp(count));
        }
    }

    /** The first that the client asks for now is the one that the engine was asked for before. */
    private void catchUp(long count) {
        ahead = false;
        if (held.isReadable()) {
            sendHeld();
        }
        if (waitingEnd != null) {
            waitingEnd.run();
        } else if (count > 1) {
            engine().request(count - 1);
        }
    }

    @Override
    public void onError(Throwable failure) {
        if (!begun) {
            discardHeld();
        }
        end(() -> client.onError(failure));
    }

    @Override
    public void onComplete() {
        if (done) {
            return;
        }
        if (!begun && held.isReadable()) {
            releaseHeld();
        }
        observer.complete();
        end(client::onComplete);
    }

    private void end(Runnable signal) {
        if (done) {
            return;
        }
        if (held.isReadable()) {
            waitingEnd = signal;
        } else {
            stop();
            signal.run();
        }
    }

    @Override
    public void cancel() {
        engine().cancel();
        loop.execute(this::stop);
    }

    private void stop() {
        done = true;
        cancelHoldTimer();
        discardHeld();
    }

    private void begin() {
        cancelHoldTimer();
        begun = true;
    }

    private void cancelHoldTimer() {
        if (holdTimer != null) {
            holdTimer.cancel(false);
        }
    }

    private void releaseHeld() {
        observer.releaseEvents();
        begin();
        sendHeld();
    }

    private void sendHeld() {
        ByteBuf chunk = held;
        held = Unpooled.EMPTY_BUFFER;
        client.onNext(chunk);
    }

    private void discardHeld() {
        held.release();
        held = Unpooled.EMPTY_BUFFER;
    }

    private Subscription engine() {
        return Objects.requireNonNull(engine, "engine");
    }
}
