package dev.warmlane.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.http.HandshakeTurns.Turns;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.NettyPipeline;

class HandshakeTurnsTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration LATE = Duration.ofSeconds(2);

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<String> wentOn = new ArrayList<>();

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void theFirstOfARoundGoesOnAndTheOthersDoOneByOneTheOldestFirst() {
        channel.freezeTime();
        Turns turns = new Turns(channel.eventLoop(), LATE.toNanos());
        assertThat(turns.take(() -> wentOn.add("a"))).isEqualTo(Turns.NOW);
        assertThat(turns.take(() -> wentOn.add("b"))).isNotEqualTo(Turns.NOW);
        assertThat(turns.take(() -> wentOn.add("c"))).isNotEqualTo(Turns.NOW);
        round();
        assertThat(wentOn).containsExactly("b");
        assertThat(turns.take(() -> wentOn.add("d"))).isNotEqualTo(Turns.NOW);
        round();
        round();
        assertThat(wentOn).containsExactly("b", "c", "d");
        round();
        assertThat(turns.take(() -> wentOn.add("e"))).isEqualTo(Turns.NOW);
    }

    @Test
    void theNewestGoesFirstWhileTheOldestHasWaitedTooLong() {
        channel.freezeTime();
        Turns turns = new Turns(channel.eventLoop(), LATE.toNanos());
        turns.take(() -> wentOn.add("a"));
        turns.take(() -> wentOn.add("b"));
        channel.advanceTimeBy(LATE.toMillis(), TimeUnit.MILLISECONDS);
        turns.take(() -> wentOn.add("c"));
        turns.take(() -> wentOn.add("d"));
        round();
        round();
        assertThat(wentOn).containsExactly("d", "c");
        round();
        turns.take(() -> wentOn.add("e"));
        turns.take(() -> wentOn.add("f"));
        round();
        assertThat(wentOn).containsExactly("d", "c", "b", "e");
    }

    @Test
    void whoIsGoneTakesNoTurn() {
        channel.freezeTime();
        Turns turns = new Turns(channel.eventLoop(), LATE.toNanos());
        turns.take(() -> wentOn.add("a"));
        turns.take(() -> wentOn.add("b"));
        turns.leave(turns.take(() -> wentOn.add("c")));
        round();
        assertThat(wentOn).containsExactly("b");
    }

    /** Those that wait longest come last, so without end while others come. */
    @Test
    void aConnectionThatIsClosedWhileItWaitsLeavesNothingBehind() {
        HandshakeTurns handshakes = new HandshakeTurns(LIMIT);
        channel.freezeTime();
        channel.pipeline().addLast(NettyPipeline.SslHandler, new ChannelInboundHandlerAdapter());
        handshakes.addTo(channel.pipeline());
        channel.pipeline().fireChannelRead("hello");
        channel.pipeline().fireChannelRead("more");
        assertThat(handshakes.waiting()).isEqualTo(1);
        channel.close();
        assertThat(handshakes.waiting()).isZero();
    }

    @Test
    void whatHasComeIsHeldUntilItsTurnAndNothingMoreIsRead() {
        List<Object> read = new ArrayList<>();
        channel.freezeTime();
        channel.pipeline().addLast(NettyPipeline.SslHandler, new ChannelInboundHandlerAdapter());
        new HandshakeTurns(LIMIT).addTo(channel.pipeline());
        channel.pipeline().fireChannelRead("hello");
        channel.pipeline().fireChannelRead("more");
        read.addAll(channel.inboundMessages());
        assertThat(read).containsExactly("hello");
        assertThat(channel.config().isAutoRead()).isFalse();

        round();
        assertThat(channel.inboundMessages()).containsExactly("hello", "more");
        assertThat(channel.config().isAutoRead()).isTrue();

        HandshakeTurns.over(channel.pipeline());
        channel.pipeline().fireChannelRead("a");
        channel.pipeline().fireChannelRead("b");
        assertThat(channel.inboundMessages()).hasSize(4);
    }

    /** HTTP/2 does so when its preface comes with the end of a handshake. */
    @Test
    void whoeverReadsUnaskedFromWhatWasHeldOnGoesOnReading() {
        channel.freezeTime();
        channel.config().setAutoRead(false);
        channel.pipeline().addLast(NettyPipeline.SslHandler, new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ctx.channel().config().setAutoRead(message.equals("preface"));
            }
        });
        new HandshakeTurns(LIMIT).addTo(channel.pipeline());
        channel.pipeline().fireChannelRead("hello");
        channel.pipeline().fireChannelRead("preface");
        assertThat(channel.config().isAutoRead()).isFalse();
        round();
        assertThat(channel.config().isAutoRead()).isTrue();
    }

    private void round() {
        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }
}
