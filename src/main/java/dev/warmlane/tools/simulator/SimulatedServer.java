package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.GenerationService.ServerStats;
import dev.warmlane.tools.simulator.Listener.ServerThread;
import dev.warmlane.tools.simulator.engine.EngineStats;
import dev.warmlane.tools.simulator.engine.SimulatedEngine;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One simulated vLLM server, on a port of its own. Thread-safe: public methods hand over to the server's event loop and wait
 * for it, so they must not be called from another event loop.
 */
public final class SimulatedServer implements AutoCloseable {
    private static final double SLOW_START_FACTOR = 10;

    private final ServerOptions options;
    private final ServerThread thread;
    private final EventLoop loop;
    private final Listener listener;
    private final FaultInjector injector;
    private final SplittableRandom random;
    private final AdminApi admin;
    private EngineRanks engines;
    private VllmApi api;
    private int ranks;
    private boolean running;
    private @Nullable Future<?> slowEnd;
    private @Nullable Future<?> refusalEnd;
    private @Nullable Future<?> endingEnd;

    private SimulatedServer(ServerOptions options, InetSocketAddress address) {
        this.options = options;
        this.thread = new ServerThread();
        this.loop = thread.loop();
        this.listener = new Listener(loop, address, this::handle);
        this.random = new SplittableRandom(options.seed());
        this.injector = new FaultInjector(loop, random.split());
        this.admin = new AdminApi(this, options.version());
        this.ranks = options.ranks();
        this.engines = newEngines();
        this.api = newApi();
    }

    /**
     * Starts a server.
     *
     * @param host address to listen on
     * @param port 0 for a free one
     * @throws UncheckedIOException if it cannot listen there
     */
    public static SimulatedServer start(ServerOptions options, String host, int port) {
        SimulatedServer server = new SimulatedServer(options, new InetSocketAddress(host, port));
        try {
            server.begin();
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** Starts a server on a free local port. */
    public static SimulatedServer start(ServerOptions options) {
        return start(options, "127.0.0.1", 0);
    }

    /** Scheme, host and port. */
    public URI uri() {
        InetSocketAddress address = listener.address();
        String host = address.getHostString();
        return URI.create((host.contains(":") ? "http://[%s]:%d" : "http://%s:%d").formatted(host, address.getPort()));
    }

    /** The port it listens on, or last did. */
    public int port() {
        return listener.address().getPort();
    }

    /** How it was set up. */
    public ServerOptions options() {
        return options;
    }

    /** What this server has seen since it was started or last restarted. */
    public ServerStats stats() {
        return thread.call(() -> api.stats());
    }

    /** Prompts whose blocks are kept for another server to fetch. */
    public int keptPrompts() {
        return thread.call(() -> api.keptPrompts());
    }

    /** The engine's part of {@link #stats()}. */
    public EngineStats engineStats() {
        return stats().engine();
    }

    /** What the engine of one rank has seen. */
    public EngineStats engineStats(int rank) {
        return thread.call(() -> engines.all().get(rank).driver().stats());
    }

    /**
     * Has so many ranks from now on, as a vLLM that scales its experts: those that stay keep their caches, those that go finish what
     * they have. A restart keeps the number.
     */
    public void scale(int number) {
        thread.call(() -> {
            ranks = number;
            engines.scale(number);
            return true;
        });
    }

    /** The faults in force. */
    public Faults faults() {
        return thread.call(injector::faults);
    }

    /** Misbehaves like this from now on; requests that are under way go on as they began. */
    public void faults(Faults faults) {
        awaitOpen(thread.call(() -> applyFaults(faults)));
    }

    /** Stops like a killed process: the port closes, connections break, the cache is lost. */
    public void stop() {
        thread.call(() -> {
            running = false;
            cancel(refusalEnd);
            cancel(endingEnd);
            listener.refuse();
            listener.closeConnections();
            engines.each(EngineDriver::stop);
            return true;
        });
    }

    /** Stops, if it has not, and starts again on the same port: no faults but those of the options, empty cache, counters at zero. */
    public void restart() {
        stop();
        thread.call(() -> {
            engines = newEngines();
            api = newApi();
            return true;
        });
        begin();
    }

    /** Stops for good and ends the server's thread. */
    @Override
    public void close() {
        if (thread.isAlive()) {
            stop();
            thread.close();
        }
    }

    /** Forgets faults, cache and counters, and breaks all connections. On the event loop. */
    Future<?> reset() {
        listener.closeConnections();
        engines.each(EngineDriver::stop);
        engines = newEngines();
        api = newApi();
        return applyFaults(options.faults());
    }

    private EngineRanks newEngines() {
        return new EngineRanks(ranks, () -> {
            SimulatedEngine engine = new SimulatedEngine(
                    options.engine(), options.cache(), options.models().adapters());
            return new EngineRanks.Rank(
                    new EngineDriver(engine, loop, System::nanoTime), new MetricsPage.RequestHistograms(options));
        });
    }

    private VllmApi newApi() {
        return new VllmApi(
                options, engines, injector, new KvTransfers(loop, injector), Clock.systemUTC(), random.split());
    }

    private void handle(HttpExchange exchange) {
        if (admin.owns(exchange.path())) {
            admin.handle(exchange);
        } else {
            api.handle(exchange);
        }
    }

    /** On the event loop. Complete when the port is as the faults want it. */
    Future<?> applyFaults(Faults faults) {
        injector.set(faults);
        cancel(slowEnd);
        EngineRanks slowed = engines;
        slowed.each(engine -> engine.slowDown(faults.slowStart().isZero() ? 1 : SLOW_START_FACTOR));
        slowEnd = after(faults.slowStart(), () -> slowed.each(engine -> engine.slowDown(1)));
        engines.each(engine -> engine.ending(!faults.ending().isZero()));
        cancel(endingEnd);
        if (!faults.ending().isZero()) {
            endingEnd = after(faults.ending(), listener::end);
        }
        cancel(refusalEnd);
        if (running && faults.refuse().isZero()) {
            return listener.open();
        }
        listener.refuse();
        refusalEnd = after(faults.refuse(), this::endRefusal);
        return loop.newSucceededFuture(null);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Opening tries again by itself.
    private void endRefusal() {
        if (running) {
            listener.open();
        }
    }

    /** Runs the action now if there is nothing to wait for. */
    private @Nullable Future<?> after(Duration delay, Runnable action) {
        if (delay.isZero()) {
            action.run();
            return null;
        }
        return loop.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    private static void cancel(@Nullable Future<?> future) {
        if (future != null) {
            future.cancel(false);
        }
    }

    private void begin() {
        awaitOpen(thread.call(() -> {
            running = true;
            return listener.open();
        }));
        faults(options.faults());
    }

    private void awaitOpen(Future<?> open) {
        if (!thread.await(open)) {
            InetSocketAddress address = listener.address();
            String message = "cannot listen on %s:%d".formatted(address.getHostString(), address.getPort());
            throw new UncheckedIOException(message, new IOException(open.cause()));
        }
    }
}
