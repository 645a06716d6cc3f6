package dev.warmlane.proxy.upstream;

import dev.warmlane.proxy.error.ApiException;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import reactor.netty.channel.ChannelOperations;

/** The open connections to engines, so that what is under way on them can be ended for a reason. Safe for concurrent use. */
public final class UpstreamChannels {
    private final ChannelGroup channels = new DefaultChannelGroup("upstream", GlobalEventExecutor.INSTANCE);

    void opened(Channel channel) {
        channels.add(channel);
    }

    /** Fails every response under way with this error, as if the engine's connection had, and closes all connections. */
    @SuppressWarnings("FutureReturnValueIgnored") // Closing is all that is left to do.
    public void end(ApiException reason) {
        channels.forEach(channel -> channel.eventLoop().execute(() -> {
            if (ChannelOperations.get(channel) != null) {
                channel.pipeline().fireExceptionCaught(reason);
            }
            channel.close();
        }));
    }
}
