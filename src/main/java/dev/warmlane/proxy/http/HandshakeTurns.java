package dev.warmlane.proxy.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import reactor.netty.NettyPipeline;

/**
 * Gives the TLS handshakes of an event loop their turns, one in each of its rounds: a signature takes a millisecond, so thousands of
 * handshakes at once would keep every other connection waiting for seconds, and their own limits with them. The newest goes first,
 * because whoever has waited long has mostly given up; the limit of its own handshake closes it. Safe for concurrent use.
 */
final class HandshakeTurns {
    private static final String NAME = "warmlane.handshake-turns";

    private final Map<EventExecutor, Turns> loops = new ConcurrentHashMap<>();

    /** Takes its place before TLS, if the connection has any. */
    void addTo(ChannelPipeline pipeline) {
        if (pipeline.get(NettyPipeline.SslHandler) != null) {
            Turns turns = loops.computeIfAbsent(pipeline.channel().eventLoop(), Turns::new);
            pipeline.addBefore(NettyPipeline.SslHandler, NAME, new Handshake(turns));
        }
    }

    /** The handshake of this connection is over. */
    static void over(ChannelPipeline pipeline) {
        if (pipeline.get(NAME) != null) {
            pipeline.remove(NAME);
        }
    }

    /** Whoever waits for a turn. */
    @FunctionalInterface
    interface Waiting {
        /** Takes the turn; false if it is wanted no more. */
        boolean goOn();
    }

    /** The turns of one event loop, on which all of it is used. */
    static final class Turns {
        private final EventExecutor loop;
        private final Deque<Waiting> waiting = new ArrayDeque<>();
        private boolean taken;

        Turns(EventExecutor loop) {
            this.loop = loop;
        }

        /** Whether the turn of this round is free, and taken now. Otherwise this one goes on in a later round. */
        boolean take(Waiting one) {
            if (taken) {
                waiting.push(one);
                return false;
            }
            end();
            return true;
        }

        private void next() {
            taken = false;
            while (!taken && !waiting.isEmpty()) {
                if (waiting.pop().goOn()) {
                    end();
                }
            }
        }

        /** By a timer, since what is only executed comes before connections are looked at again. */
        private void end() {
            taken = true;
            var unused = loop.schedule(this::next, 1, TimeUnit.NANOSECONDS);
        }
    }

    /** Holds what a client has sent until it is its turn, and reads no more meanwhile. One for each connection, on its event loop only. */
    private static final class Handshake extends ChannelInboundHandlerAdapter {
        private final Turns turns;
        private final List<Object> held = new ArrayList<>();

        /** Whether the connection reads unasked, where it is not its turn that is waited for. */
        private boolean reads;

        Handshake(Turns turns) {
            this.turns = turns;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (!held.isEmpty()) {
                held.add(message);
            } else if (turns.take(() -> goOn(ctx))) {
                ctx.fireChannelRead(message);
            } else {
                held.add(message);
                reads = ctx.channel().config().isAutoRead();
                ctx.channel().config().setAutoRead(false);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            if (held.isEmpty()) {
                ctx.fireChannelReadComplete();
            }
        }

        private boolean goOn(ChannelHandlerContext ctx) {
            if (held.isEmpty() || !ctx.channel().isActive()) {
                return false;
            }
            List<Object> messages = List.copyOf(held);
            held.clear();
            messages.forEach(ctx::fireChannelRead);
            ctx.fireChannelReadComplete();
            ctx.channel().config().setAutoRead(reads);
            return true;
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            held.forEach(ReferenceCountUtil::release);
            held.clear();
        }
    }
}
