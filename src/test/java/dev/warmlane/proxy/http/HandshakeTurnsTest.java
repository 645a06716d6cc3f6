package dev.warmlane.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.http.HandshakeTurns.Turns;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.NettyPipeline;

class HandshakeTurnsTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<String> wentOn = new ArrayList<>();

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void theFirstOfARoundGoesOnAndTheOthersDoOneByOneTheNewestFirst() {
        channel.freezeTime();
        Turns turns = new Turns(channel.eventLoop());
        assertThat(turns.take(() -> wentOn.add("a"))).isTrue();
        assertThat(turns.take(() -> wentOn.add("b"))).isFalse();
        assertThat(turns.take(() -> wentOn.add("c"))).isFalse();
        round();
        assertThat(wentOn).containsExactly("c");
        assertThat(turns.take(() -> wentOn.add("d"))).isFalse();
        round();
        round();
        assertThat(wentOn).containsExactly("c", "d", "b");
        round();
        assertThat(turns.take(() -> wentOn.add("e"))).isTrue();
    }

    @Test
    void whoIsGoneTakesNoTurn() {
        channel.freezeTime();
        Turns turns = new Turns(channel.eventLoop());
        turns.take(() -> wentOn.add("a"));
        turns.take(() -> wentOn.add("b"));
        turns.take(() -> false);
        round();
        assertThat(wentOn).containsExactly("b");
    }

    @Test
    void whatHasComeIsHeldUntilItsTurnAndNothingMoreIsRead() {
        List<Object> read = new ArrayList<>();
        channel.freezeTime();
        channel.pipeline().addLast(NettyPipeline.SslHandler, new ChannelInboundHandlerAdapter());
        new HandshakeTurns().addTo(channel.pipeline());
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

    private void round() {
        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }
}
