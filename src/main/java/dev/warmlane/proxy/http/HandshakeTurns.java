package dev.warmlane.proxy.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
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

    /** Takes its place before TLS, which the connection must have. */
    void addTo(ChannelPipeline pipeline) {
        Turns turns = loops.computeIfAbsent(pipeline.channel().eventLoop(), Turns::new);
        pipeline.addBefore(NettyPipeline.SslHandler, NAME, new Handshake(turns));
    }

    /** How many wait for a turn; exact only if nothing happens meanwhile. */
    int waiting() {
        return loops.values().stream().mapToInt(turns -> turns.waiting.size()).sum();
    }

    /** Whether what a client has sent of this connection's handshake waits for a turn. */
    static boolean holds(ChannelPipeline pipeline) {
        return pipeline.get(NAME) instanceof Handshake handshake && !handshake.held.isEmpty();
    }

    /** The handshake of this connection is over. */
    static void over(ChannelPipeline pipeline) {
        if (pipeline.get(NAME) != null) {
            pipeline.remove(NAME);
        }
    }

    /** The turns of one event loop, on which all of it is used. Has no more places than there are connections. */
    static final class Turns {
        /** What has a turn and waits for none. */
        static final long NOW = 0;

        private final EventExecutor loop;
        private final NavigableMap<Long, Runnable> waiting = new TreeMap<>();
        private long lastPlace = NOW;
        private boolean taken;

        Turns(EventExecutor loop) {
            this.loop = loop;
        }

        /** Takes the turn of this round if it is free: {@link #NOW}. Otherwise this one goes on in a later round, and has this place. */
        long take(Runnable goOn) {
            if (taken) {
                waiting.put(++lastPlace, goOn);
                return lastPlace;
            }
            end();
            return NOW;
        }

        /** Whoever had this place wants no turn any more. */
        void leave(long place) {
            waiting.remove(place);
        }

        private void next() {
            taken = false;
            Map.Entry<Long, Runnable> newest = waiting.pollLastEntry();
            if (newest != null) {
                end();
                newest.getValue().run();
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
        private long place = Turns.NOW;

        /** Whether the connection reads unasked, where it is not its turn that is waited for. */
        private boolean reads;

        Handshake(Turns turns) {
            this.turns = turns;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (!held.isEmpty()) {
                held.add(message);
                return;
            }
            place = turns.take(() -> goOn(ctx));
            if (place == Turns.NOW) {
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

        private void goOn(ChannelHandlerContext ctx) {
            List<Object> messages = List.copyOf(held);
            held.clear();
            // First: what is behind may change it, as HTTP/2 does when its preface comes with the end of a handshake.
            ctx.channel().config().setAutoRead(reads);
            messages.forEach(ctx::fireChannelRead);
            ctx.fireChannelReadComplete();
        }

        /** Closed ones are removed, too: in a flood, those that have given up would stay behind the newest for as long as it lasts. */
        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            turns.leave(place);
            held.forEach(ReferenceCountUtil::release);
            held.clear();
        }
    }
}
