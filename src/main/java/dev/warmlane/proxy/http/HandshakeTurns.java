package dev.warmlane.proxy.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
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
 * handshakes at once would keep every other connection waiting for seconds, and their own limits with them. The oldest goes first, so that
 * all are served, until it has waited for so long that there are more than can be: then the newest goes first, because whoever has waited
 * long has mostly given up; the limit of its own handshake closes it. Safe for concurrent use.
 */
final class HandshakeTurns {
    private static final String NAME = "warmlane.handshake-turns";

    /** A handshake takes two turns, mostly, and many clients wait for five seconds where the limit is ten. */
    private static final int LATE_PART = 5;

    private final Map<EventExecutor, Turns> loops = new ConcurrentHashMap<>();
    private final long lateNanos;

    /** @param limit of one handshake; who has waited for a fifth of it has waited long */
    HandshakeTurns(Duration limit) {
        this.lateNanos = limit.toNanos() / LATE_PART;
    }

    /** Takes its place before TLS, which the connection must have. */
    void addTo(ChannelPipeline pipeline) {
        Turns turns = loops.computeIfAbsent(pipeline.channel().eventLoop(), loop -> new Turns(loop, lateNanos));
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
        private final long lateNanos;
        private final NavigableMap<Long, Waiting> waiting = new TreeMap<>();
        private long lastPlace = NOW;
        private boolean taken;

        /** @param sinceNanos by the loop's ticker */
        private record Waiting(Runnable goOn, long sinceNanos) {}

        /** @param lateNanos what the oldest may have waited for where it is to go first */
        Turns(EventExecutor loop, long lateNanos) {
            this.loop = loop;
            this.lateNanos = lateNanos;
        }

        /** Takes the turn of this round if it is free: {@link #NOW}. Otherwise this one goes on in a later round, and has this place. */
        long take(Runnable goOn) {
            if (taken) {
                waiting.put(++lastPlace, new Waiting(goOn, loop.ticker().nanoTime()));
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
            Map.Entry<Long, Waiting> oldest = waiting.firstEntry();
            if (oldest == null) {
                return;
            }
            boolean late = loop.ticker().nanoTime() - oldest.getValue().sinceNanos() > lateNanos;
            Map.Entry<Long, Waiting> chosen = late ? waiting.lastEntry() : oldest;
            waiting.remove(chosen.getKey());
            end();
            chosen.getValue().goOn().run();
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
