package dev.warmlane.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.engines.client.EngineClient.HeaderLimits;
import dev.warmlane.settings.UpstreamSettings;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslClosedEngineException;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** A connection on which a request cannot be written, or of which TLS says the end, waits for nothing that cannot come. */
class UpstreamConnectionTest {
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration REFUSAL = Duration.ofMillis(50);

    private final UpstreamSettings settings =
            new UpstreamSettings(LONG, LONG, LONG, REFUSAL, 1, LONG, "", LONG, LONG, List.of());
    private final UpstreamClient client = new UpstreamClient(settings, HeaderLimits.DEFAULT);
    private final EndpointConnections connections =
            new EndpointConnections(client, UpstreamClient.Target.of(URI.create("http://127.0.0.1:1"), null), 1);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final EmbeddedChannel channel = new EmbeddedChannel();

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
        client.close();
    }

    @Test
    void waitsForWhatWasSaidBeforeTheSocketTookNoMoreButNotForLong() {
        // As otherwise a slow machine takes as long as that may take before it has looked.
        channel.freezeTime();
        send(new ChannelOutputShutdownException("Channel output shutdown", new IOException("Broken pipe")));
        assertThat(failure.get()).isNull();
        channel.unfreezeTime();
        await().untilAsserted(() -> {
            channel.runScheduledPendingTasks();
            assertThat(failure.get()).isInstanceOf(ReadTimeoutException.class);
        });
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void failsAtOnceWhereTlsHasEnded() {
        SslClosedEngineException ended = new SslClosedEngineException("SSLEngine closed already");
        send(ended);
        assertThat(failure.get()).isSameAs(ended);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void closesAnIdleOneWhenTlsSaysThatNothingMoreComes() {
        connection().unused();
        channel.pipeline().fireUserEventTriggered(SslCloseCompletionEvent.SUCCESS);
        channel.runPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }

    private void send(Throwable writesFailWith) {
        channel.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                ReferenceCountUtil.release(message);
                promise.setFailure(writesFailWith);
            }
        });
        UpstreamConnection connection = connection();
        UpstreamExchange exchange = new UpstreamExchange(
                connections,
                channel.eventLoop(),
                new UpstreamAttempt(() -> true, false, channel.eventLoop()),
                () -> new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/", Unpooled.EMPTY_BUFFER),
                response -> Mono.empty());
        connection.unused();
        exchange.subscribe(null, failure::set);
        channel.runPendingTasks();
    }

    private UpstreamConnection connection() {
        UpstreamConnection connection = new UpstreamConnection(channel, connections, true, settings);
        channel.pipeline().addLast(connection);
        return connection;
    }
}
