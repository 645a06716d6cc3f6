package dev.warmlane.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.settings.LimitSettings;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.netty.ConnectionObserver;
import reactor.netty.NettyPipeline;

/** A client has as long for its TLS handshake as for the head of a request, three seconds here. */
class HandshakeLimitTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();

    @BeforeEach
    void connect() {
        channel.freezeTime();
        channel.pipeline()
                .addLast(NettyPipeline.SslHandler, new ChannelInboundHandlerAdapter())
                .addLast(NettyPipeline.HttpCodec, new HttpServerCodec());
        LimitSettings limits = DefaultLimits.withHeaderTimeout(Duration.ofSeconds(3));
        new ClientPipeline(limits, false, (id, error) -> {}, server -> server)
                .onChannelInit(ConnectionObserver.emptyListener(), channel, null);
    }

    @AfterEach
    void disconnect() {
        channel.finishAndReleaseAll();
    }

    @Test
    void closesAConnectionWhoseHandshakeIsNotOver() {
        pass(2);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void leavesAConnectionWhoseHandshakeIsOver() {
        pass(2);
        channel.pipeline().fireUserEventTriggered(SslHandshakeCompletionEvent.SUCCESS);
        pass(60);
        assertThat(channel.isOpen()).isTrue();
    }

    private void pass(int seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
    }
}
