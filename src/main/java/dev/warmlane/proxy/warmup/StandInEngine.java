package dev.warmlane.proxy.warmup;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.netty.http.HttpResources;
import reactor.netty.resources.LoopResources;

/** Two engines on ports of loopback that say what vLLM says, as cheaply as can be. What they say depends on the request's id alone. */
final class StandInEngine implements AutoCloseable {
    /** The model that they serve. */
    static final String MODEL = "warm-up";

    static final String REQUEST_ID = "x-request-id";
    static final String JSON = "warm-up-json";
    static final String STREAM = "warm-up-stream";

    /** Refused by the engine that is asked first, and served by the other. */
    static final String FAILOVER = "warm-up-failover";

    private static final int ENGINES = 2;
    private static final int EVENTS = 16;
    private static final int COMPLETIONS_PER_CONNECTION = 4;
    private static final String USAGE =
            "\"usage\":{\"prompt_tokens\":512,\"completion_tokens\":%d,\"total_tokens\":%d,\"prompt_tokens_details\":{\"cached_tokens\":0}}";

    private static final String COMPLETION_BODY =
            "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"warm-up\",\"choices\":[{\"index\":0,"
                    + "\"message\":{\"role\":\"assistant\",\"content\":\"Warm.\"},\"finish_reason\":\"stop\"}],"
                    + USAGE.formatted(2, 514)
                    + "}";
    private static final ByteBuf COMPLETION = response("200 OK", COMPLETION_BODY);

    /** After this one the gateway connects anew. */
    private static final ByteBuf LAST_COMPLETION = response("200 OK\r\nconnection: close", COMPLETION_BODY);

    private static final ByteBuf REFUSAL = response("503 Service Unavailable", "{\"error\":{\"message\":\"busy\"}}");
    private static final ByteBuf STREAM_HEAD = fixed(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n");
    private static final ByteBuf EVENT = event(
            "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"warm-up\","
                    + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" warm\"},\"logprobs\":null,\"finish_reason\":null}]}");
    private static final ByteBuf USAGE_EVENT = event(
            "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"warm-up\",\"choices\":[],"
                    + USAGE.formatted(EVENTS, 512 + EVENTS)
                    + "}");
    private static final ByteBuf STREAM_END = Unpooled.unreleasableBuffer(
            Unpooled.copiedBuffer(event("[DONE]"), fixed("0\r\n\r\n")).asReadOnly());

    private final EventLoopGroup loops = HttpResources.get().onServer(LoopResources.DEFAULT_NATIVE);
    private final ChannelGroup channels = new DefaultChannelGroup("stand-in", GlobalEventExecutor.INSTANCE);
    private final AtomicInteger failovers = new AtomicInteger();
    private final int[] ports = new int[ENGINES];

    /** Listens on ports that are free. */
    StandInEngine() {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(HttpResources.get().onChannelClass(ServerSocketChannel.class, loops))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        channels.add(connection);
                        connection.pipeline().addLast(new HttpRequestDecoder(), new Engine());
                    }
                });
        for (int i = 0; i < ENGINES; i++) {
            Channel listening = bootstrap
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .syncUninterruptibly()
                    .channel();
            channels.add(listening);
            ports[i] = ((InetSocketAddress) listening.localAddress()).getPort();
        }
    }

    /** Of both engines. */
    int[] ports() {
        return ports.clone();
    }

    /** How many connections there are. */
    int connections() {
        return channels.size() - ENGINES;
    }

    @Override
    public void close() {
        channels.close().awaitUninterruptibly();
    }

    private static ByteBuf response(String status, String json) {
        return fixed("HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                .formatted(status, json.length(), json));
    }

    private static ByteBuf event(String data) {
        return fixed("%x\r\ndata: %s\n\n\r\n".formatted("data: \n\n".length() + data.length(), data));
    }

    private static ByteBuf fixed(String text) {
        return Unpooled.unreleasableBuffer(Unpooled.copiedBuffer(text, US_ASCII).asReadOnly());
    }

    /** Whether a response arrives is what its client finds out. */
    @SuppressWarnings("FutureReturnValueIgnored")
    private final class Engine extends SimpleChannelInboundHandler<HttpObject> {
        private String id = "";
        private int completions;

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
            if (part instanceof HttpRequest request) {
                id = request.headers().get(REQUEST_ID, "");
            }
            if (part instanceof LastHttpContent) {
                answer(context);
            }
        }

        /** As where the time is up while requests are under way. Without this, Netty logs it with a stack trace. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }

        private void answer(ChannelHandlerContext context) {
            if (id.equals(STREAM)) {
                context.write(STREAM_HEAD.duplicate());
                for (int i = 0; i < EVENTS; i++) {
                    context.writeAndFlush(EVENT.duplicate());
                }
                context.write(USAGE_EVENT.duplicate());
                context.writeAndFlush(STREAM_END.duplicate());
            } else {
                boolean refuses = id.equals(FAILOVER) && failovers.getAndIncrement() % 2 == 0;
                boolean last = ++completions == COMPLETIONS_PER_CONNECTION;
                context.writeAndFlush((refuses ? REFUSAL : last ? LAST_COMPLETION : COMPLETION).duplicate());
            }
        }
    }
}
