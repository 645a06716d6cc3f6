package dev.warmlane.proxy.http;

import dev.warmlane.settings.LimitSettings;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpDecoderConfig;
import java.net.SocketAddress;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import reactor.netty.ChannelPipelineConfigurer;
import reactor.netty.ConnectionObserver;
import reactor.netty.NettyPipeline;

/** Makes every connection of a client strict about HTTP, bounded and impatient before any filter sees a request. */
public final class ClientPipeline implements ChannelPipelineConfigurer {
    /** Also the longest chunk size line with its extensions. */
    private static final int MAX_REQUEST_LINE_BYTES = 8192;

    private final LimitSettings limits;
    private final IntConsumer refused;
    private final int maxHeaderBytes;
    private final ConnectionLimit connections;

    /** @param refused told the status of each request that is refused before any filter sees it; called on event loops */
    public ClientPipeline(LimitSettings limits, IntConsumer refused) {
        this.limits = limits;
        this.refused = refused;
        this.connections = new ConnectionLimit(FileDescriptors.of(limits).forClients());
        this.maxHeaderBytes = Math.toIntExact(limits.headers().toBytes());
    }

    @Override
    public void onChannelInit(ConnectionObserver observer, Channel channel, @Nullable SocketAddress remote) {
        ConnectionLimit.Place place = connections.take(channel);
        if (place == ConnectionLimit.Place.NONE) {
            return;
        }
        ChannelPipeline pipeline = channel.pipeline();
        HttpDecoderConfig decoder = new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_REQUEST_LINE_BYTES)
                .setMaxHeaderSize(maxHeaderBytes);
        pipeline.replace(
                NettyPipeline.HttpCodec, NettyPipeline.HttpCodec, new StrictHttpCodec(decoder, limits.headerCount()));
        // Each goes next to the codec, so the watch's own responses are explained too.
        new RequestWatch(limits, System::nanoTime).addTo(pipeline);
        new MalformedRequests(refused).addTo(pipeline);
        if (place == ConnectionLimit.Place.ANSWERED) {
            new RefusedConnection(limits.headerTimeout()).addTo(pipeline);
        }
    }
}
