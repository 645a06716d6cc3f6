package dev.warmlane.proxy.upstream;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one endpoint: a bounded number, of which the freshest idle one on the asker's own event loop is taken first, so that
 * a client and its engine share a loop and the others reach their idle time. Who finds none waits in turn. Safe for concurrent use.
 */
final class EndpointConnections {
    private final UpstreamClient client;
    private final UpstreamClient.Target target;
    private final int most;
    private final Map<EventLoop, Deque<UpstreamConnection>> idle = new HashMap<>();
    private final Deque<UpstreamExchange> waiting = new ArrayDeque<>();
    private int open;
    /** Whether the client has another list by now, since this one had nothing. */
    private boolean dropped;

    /** What its name leads to; null where it is an address itself, or nobody has looked yet. */
    private volatile @Nullable List<InetSocketAddress> addresses;

    private volatile long lookedUpNanos;

    EndpointConnections(UpstreamClient client, UpstreamClient.Target target, int most) {
        this.client = client;
        this.target = target;
        this.most = most;
    }

    UpstreamClient.Target target() {
        return target;
    }

    /** Starts an exchange as soon as there is a connection, or fails it. If this list is dropped, by the one in its place. */
    void acquire(UpstreamExchange exchange) {
        EndpointConnections current = this;
        while (!current.begin(exchange)) {
            current = client.connections(target);
        }
    }

    /** Returns false, and does nothing, if this list is dropped. */
    private boolean begin(UpstreamExchange exchange) {
        UpstreamConnection taken;
        synchronized (this) {
            if (dropped) {
                return false;
            }
            exchange.at(this);
            taken = takeIdle(exchange.loop());
            if (taken == null) {
                if (open < most) {
                    open++;
                } else {
                    taken = takeIdle();
                    if (taken == null) {
                        await(exchange);
                        return true;
                    }
                }
            }
        }
        if (taken == null) {
            client.connect(this, exchange, true);
        } else {
            start(exchange, taken);
        }
        return true;
    }

    /** Starts an exchange on a connection of its own. */
    void open(UpstreamExchange exchange) {
        client.connect(this, exchange, false);
    }

    private void start(UpstreamExchange exchange, UpstreamConnection taken) {
        EventLoop loop = taken.channel().eventLoop();
        if (loop.inEventLoop()) {
            startOnLoop(exchange, taken);
        } else {
            loop.execute(() -> startOnLoop(exchange, taken));
        }
    }

    private void startOnLoop(UpstreamExchange exchange, UpstreamConnection taken) {
        if (taken.isUsable()) {
            exchange.start(taken);
        } else {
            var unused = taken.channel().close();
            acquire(exchange);
        }
    }

    private @Nullable UpstreamConnection takeIdle(EventLoop loop) {
        Deque<UpstreamConnection> own = idle.get(loop);
        return own == null ? null : own.pollFirst();
    }

    private @Nullable UpstreamConnection takeIdle() {
        for (Deque<UpstreamConnection> others : idle.values()) {
            UpstreamConnection taken = others.pollFirst();
            if (taken != null) {
                return taken;
            }
        }
        return null;
    }

    private void await(UpstreamExchange exchange) {
        if (exchange.isOver()) {
            // It has left before it came, and will not leave again.
            return;
        }
        if (waiting.size() >= most) {
            exchange.loop().execute(() -> exchange.fail(new RejectedExecutionException("too many wait")));
            return;
        }
        waiting.addLast(exchange);
        exchange.waitUntil(
                exchange.loop().schedule(() -> giveUp(exchange), client.acquireNanos(), TimeUnit.NANOSECONDS));
    }

    /** Whose turn it is; null if nobody waits. */
    private @Nullable UpstreamExchange nextInTurn() {
        UpstreamExchange next = waiting.pollFirst();
        if (next != null) {
            next.waitNoMore();
        }
        return next;
    }

    private void giveUp(UpstreamExchange exchange) {
        if (leave(exchange)) {
            exchange.fail(new TimeoutException("no connection free"));
        }
    }

    /** Does not wait any more; whether it did. */
    synchronized boolean leave(UpstreamExchange exchange) {
        boolean waited = !waiting.isEmpty() && waiting.remove(exchange);
        if (waited) {
            exchange.waitNoMore();
        }
        return waited;
    }

    /** An exchange is over on this connection, or none began. On its event loop. */
    void release(UpstreamConnection connection) {
        UpstreamExchange next;
        synchronized (this) {
            next = nextInTurn();
            if (next == null) {
                idle.computeIfAbsent(connection.channel().eventLoop(), loop -> new ArrayDeque<>())
                        .addFirst(connection);
                return;
            }
        }
        start(next, connection);
    }

    /** A connection is closed, or could not be opened: there is room for another. */
    void closed(@Nullable UpstreamConnection connection, boolean pooled) {
        if (!pooled) {
            return;
        }
        UpstreamExchange next;
        synchronized (this) {
            if (connection != null) {
                Deque<UpstreamConnection> own = idle.get(connection.channel().eventLoop());
                if (own != null) {
                    own.remove(connection);
                }
            }
            next = nextInTurn();
            if (next == null) {
                open--;
            }
        }
        if (next != null) {
            // In a turn of its own: where nothing can be connected to, each of those who wait fails in here.
            next.loop().execute(() -> client.connect(this, next, true));
        } else {
            client.forgetUnused(target);
        }
    }

    /** Its name leads to these addresses now. */
    void lookedUp(List<InetSocketAddress> found) {
        addresses = found;
        lookedUpNanos = System.nanoTime();
    }

    /**
     * Whether a connection still goes to where the endpoint's name leads. Busy connections would stay for ever where they are, so now and
     * then one of them has the name looked up.
     */
    boolean leadsTo(Channel channel) {
        List<InetSocketAddress> known = addresses;
        if (known == null) {
            return true;
        }
        long now = System.nanoTime();
        if (now - lookedUpNanos >= client.dnsRefreshNanos()) {
            lookedUpNanos = now;
            client.lookUp(target, channel.eventLoop()).addListener((Future<List<InetSocketAddress>> found) -> {
                // A name without an address keeps nobody from going on.
                if (found.isSuccess()) {
                    lookedUp(found.getNow());
                }
            });
        }
        return known.contains(channel.remoteAddress());
    }

    /** Drops this list if nobody has or waits for a connection. Whoever has it already is served by the next one. */
    synchronized boolean dropIfUnused() {
        dropped = open == 0 && waiting.isEmpty();
        return dropped;
    }
}
