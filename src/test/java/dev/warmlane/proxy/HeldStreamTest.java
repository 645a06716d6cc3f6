package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.proxy.error.FailureLog;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SignalType;

/** Nothing goes to the client before it is clear that the engine generates, and nothing is lost, doubled or leaked. */
class HeldStreamTest {
    private static final String OPENING =
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    private static final String TOKEN = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n";
    private static final String ABORT = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"abort\"}]}\n\n";
    private static final long HOLD_NANOS = 1_000;

    private final EmbeddedChannel connection = new EmbeddedChannel();
    private final Engine engine = new Engine();
    private final Client client = new Client();
    private final RoutedExchange routed = RoutedExchanges.over("http://a:1", "http://b:1");
    private final List<String> begun = new ArrayList<>();
    private boolean mayGiveUp = true;

    @AfterEach
    void nothingLeaks() {
        connection.runPendingTasks();
        assertThat(engine.pieces).allSatisfy(piece -> assertThat(piece.refCnt()).isZero());
    }

    @Test
    void holdsTheOpeningUntilTheFirstTokenAndSendsThemTogether() {
        subscribe(HOLD_NANOS);
        engine.send(OPENING);
        assertThat(client.pieces).isEmpty();
        assertThat(begun).isEmpty();

        engine.send(TOKEN);
        assertThat(client.pieces).containsExactly(OPENING + TOKEN);
        assertThat(begun).hasSize(1);

        client.ask(1);
        engine.send(TOKEN);
        engine.complete();
        assertThat(client.pieces).containsExactly(OPENING + TOKEN, TOKEN);
        assertThat(client.end).isEqualTo("complete");
        assertThat(begun).hasSize(1);
    }

    @Test
    void lookingForMoreWhileHoldingAsksTheEngineForWhatTheClientDidNotGet() {
        subscribe(HOLD_NANOS);
        assertThat(engine.requested).isEqualTo(1);
        engine.send(OPENING);
        assertThat(engine.requested).isEqualTo(2);
        engine.send(TOKEN);
        assertThat(engine.requested).isEqualTo(2);
    }

    @Test
    void letsTheHeadersGoAheadWhenTheFirstTokenTakesTooLong() {
        subscribe(HOLD_NANOS);
        waitFor(HOLD_NANOS);
        assertThat(client.pieces).containsExactly("");
        assertThat(begun).hasSize(1);

        client.ask(1);
        assertThat(engine.requested).as("what went ahead is taken off").isEqualTo(1);
        engine.send(OPENING);
        client.ask(1);
        engine.send(ABORT);
        assertThat(client.pieces).as("too late to give up").containsExactly("", OPENING, ABORT);
    }

    @Test
    void whatComesAfterTheHeadersWentAheadWaitsUntilTheClientAsks() {
        subscribe(HOLD_NANOS);
        waitFor(HOLD_NANOS);
        engine.send(TOKEN);
        engine.complete();
        assertThat(client.pieces).containsExactly("");
        assertThat(client.end).isNull();

        client.ask(32);
        assertThat(client.pieces).containsExactly("", TOKEN);
        assertThat(client.end).isEqualTo("complete");
    }

    @Test
    void whatComesBeforeABreakIsNotLostToIt() {
        subscribe(HOLD_NANOS);
        waitFor(HOLD_NANOS);
        engine.send(TOKEN);
        engine.fail();

        client.ask(1);
        assertThat(client.pieces).containsExactly("", TOKEN);
        assertThat(client.end).isEqualTo("reset");
    }

    @Test
    void letsTheOpeningGoWhenTheFirstTokenTakesTooLong() {
        subscribe(HOLD_NANOS);
        engine.send(OPENING);
        waitFor(HOLD_NANOS);
        assertThat(client.pieces).containsExactly(OPENING);

        client.ask(1);
        assertThat(engine.requested).isEqualTo(2);
        engine.send(TOKEN);
        assertThat(client.pieces).containsExactly(OPENING, TOKEN);
        client.cancel();
    }

    @Test
    void withoutPatienceTheHeadersGoAtOnce() {
        subscribe(0);
        assertThat(client.pieces).containsExactly("");
        engine.complete();
    }

    @Test
    void givesAnAbortUpThatHasNoToken() {
        subscribe(HOLD_NANOS);
        engine.send(OPENING);
        engine.send(ABORT);

        assertThat(client.pieces).isEmpty();
        assertThat(client.end).isEqualTo("aborted before the first token");
        assertThat(engine.cancelled).isTrue();
        assertThat(begun).isEmpty();
    }

    @Test
    void passesAnAbortOnWhereNoOtherMayBeAsked() {
        mayGiveUp = false;
        subscribe(HOLD_NANOS);
        engine.send(OPENING);
        engine.send(ABORT);
        engine.complete();

        assertThat(client.pieces).containsExactly(OPENING + ABORT);
        assertThat(client.end).isEqualTo("complete");
    }

    @Test
    void anEngineThatDiesWhileItsOpeningIsHeldLeavesNothingWithTheClient() {
        subscribe(HOLD_NANOS);
        engine.send(OPENING);
        engine.fail();

        assertThat(client.pieces).isEmpty();
        assertThat(begun).isEmpty();
        assertThat(client.end).isEqualTo("reset");
        waitFor(HOLD_NANOS);
        assertThat(client.pieces).isEmpty();
    }

    @Test
    void whatIsHeldAtTheEndGoes() {
        subscribe(HOLD_NANOS);
        engine.send(OPENING);
        engine.complete();

        assertThat(client.pieces).containsExactly(OPENING);
        assertThat(client.end).isEqualTo("complete");
    }

    @Test
    void anEmptyStreamHasHeadersToo() {
        subscribe(HOLD_NANOS);
        engine.complete();

        assertThat(begun).hasSize(1);
        assertThat(client.end).isEqualTo("complete");
    }

    @Test
    void aClientThatLeavesWhileTheOpeningIsHeldFreesIt() {
        subscribe(HOLD_NANOS);
        engine.send(OPENING);
        client.cancel();
        connection.runPendingTasks();

        assertThat(engine.cancelled).isTrue();
        waitFor(HOLD_NANOS);
        assertThat(client.pieces).isEmpty();
    }

    private void subscribe(long holdNanos) {
        new HeldStream(engine, observer(), connection.eventLoop(), holdNanos, () -> mayGiveUp).subscribe(client);
    }

    private ResponseObserver observer() {
        return new ResponseObserver(
                Objects.requireNonNull(routed.attempts().next(FailureCause.OTHER)),
                routed,
                200,
                () -> begun.add("begun"),
                () -> {},
                new FailureLog(line -> {}, () -> 0));
    }

    private void waitFor(long nanos) {
        connection.advanceTimeBy(nanos, TimeUnit.NANOSECONDS);
        connection.runScheduledPendingTasks();
    }

    /** Sends what the test says, as a response does: each piece belongs to whoever gets it. */
    private static final class Engine extends Flux<ByteBuf> implements Subscription {
        private final List<ByteBuf> pieces = new ArrayList<>();
        private @Nullable CoreSubscriber<? super ByteBuf> subscriber;
        private long requested;
        private boolean cancelled;

        @Override
        public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
            subscriber = actual;
            actual.onSubscribe(this);
        }

        void send(String text) {
            ByteBuf piece = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
            pieces.add(piece);
            Objects.requireNonNull(subscriber).onNext(piece);
        }

        void complete() {
            Objects.requireNonNull(subscriber).onComplete();
        }

        void fail() {
            Objects.requireNonNull(subscriber).onError(new IOException("reset"));
        }

        @Override
        public void request(long count) {
            requested += count;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    /** Asks for one piece at once and for more when the test says so. */
    private static final class Client extends BaseSubscriber<ByteBuf> {
        private final List<String> pieces = new ArrayList<>();
        private @Nullable String end;
        private int asked;

        void ask(int count) {
            asked += count;
            request(count);
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            ask(1);
        }

        @Override
        protected void hookOnNext(ByteBuf piece) {
            assertThat(--asked).as("asked for, when it got %s", piece).isNotNegative();
            pieces.add(new String(ByteBufUtil.getBytes(piece), StandardCharsets.UTF_8));
            piece.release();
        }

        @Override
        protected void hookOnError(Throwable failure) {
            end = failure.getMessage();
        }

        @Override
        protected void hookFinally(SignalType signal) {
            if (signal == SignalType.ON_COMPLETE) {
                end = "complete";
            }
        }
    }
}
