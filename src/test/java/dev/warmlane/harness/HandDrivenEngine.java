package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An engine whose every byte the test sends itself, when it wants. It answers by itself only what the gateway asks on its
 * own account: models, version, health and metrics.
 */
public final class HandDrivenEngine implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration BETWEEN_DRIPS = Duration.ofMillis(100);
    private static final String MODELS = "GET /v1/models HTTP/1.1";
    private static final String METRICS = "GET /metrics HTTP/1.1";
    private static final Map<String, String> PAGES = Map.of(
            MODELS,
            "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\"}]}",
            "GET /health HTTP/1.1",
            "",
            "GET /version HTTP/1.1",
            "{\"version\":\"0.10.0\"}",
            METRICS,
            "vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 0.0\n");

    private final Map<String, String> pages;
    private volatile boolean hanging;
    private volatile boolean readsBodies = true;
    private final ServerSocket listener;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    /** Until the thread that accepts has left its system call, the kernel keeps a closed listener and takes connections. */
    private final CountDownLatch deaf = new CountDownLatch(1);

    private final BlockingQueue<Exchange> exchanges = new LinkedBlockingQueue<>();
    private final AtomicInteger reading = new AtomicInteger();

    /** A request that has come in, and the connection on which the test answers it. */
    public record Exchange(WireMessage request, Wire wire) implements AutoCloseable {

        /** Answers the whole, and closes the connection. */
        public void answer(String statusAndHeaders, String body) {
            wire.send("HTTP/1.1 " + statusAndHeaders + "\r\nContent-Length: " + body.length()
                    + "\r\nConnection: close\r\n\r\n" + body);
            close();
        }

        /** Sends the head of a chunked response. */
        public void begin(String statusAndHeaders) {
            wire.send("HTTP/1.1 " + statusAndHeaders + "\r\nTransfer-Encoding: chunked\r\n\r\n");
        }

        /** Sends this, and from then on a byte now and then, until the other end has had enough. */
        public void drip(String begun) {
            wire.send(begun);
            await().pollInterval(BETWEEN_DRIPS).atMost(PATIENCE).until(() -> {
                try {
                    wire.send("1");
                    return false;
                } catch (UncheckedIOException closed) {
                    return true;
                }
            });
        }

        @Override
        public void close() {
            wire.close();
        }
    }

    private HandDrivenEngine(Map<String, String> pages) {
        this.pages = new ConcurrentHashMap<>(pages);
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.execute(this::accept);
    }

    public static HandDrivenEngine start() {
        return new HandDrivenEngine(PAGES);
    }

    /** One that leaves to the test what it says of its models, too. */
    public static HandDrivenEngine startWithoutModels() {
        Map<String, String> pages = new HashMap<>(PAGES);
        pages.remove(MODELS);
        return new HandDrivenEngine(pages);
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    /** Answers nothing any more, whoever asks, but takes connections; or is itself again. */
    public void hang(boolean hangs) {
        hanging = hangs;
    }

    /** Hands requests out as soon as their heads are there, and leaves their bodies unread. */
    public void leaveBodies() {
        readsBodies = false;
    }

    /** Refuses connections from now on; those that are open stay so. */
    public void stopListening() {
        try {
            listener.close();
            deaf.await();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What it says of itself in its metrics from now on. */
    public void metrics(String exposition) {
        pages.put(METRICS, exposition);
    }

    /** The next request of a client, if one has come. */
    public @Nullable Exchange poll() {
        return exchanges.poll();
    }

    /** The next request of a client. */
    public Exchange next() {
        try {
            Exchange exchange = exchanges.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(exchange).as("request").isNotNull();
            return exchange;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether it is still reading what a client has sent. */
    public boolean isReading() {
        return reading.get() > 0;
    }

    /** Requests of clients that nobody has taken with {@link #next}. */
    public int requests() {
        return exchanges.size();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Wire wire = new Wire(listener.accept());
                reading.incrementAndGet();
                try {
                    threads.execute(() -> {
                        try {
                            receive(wire);
                        } finally {
                            reading.decrementAndGet();
                        }
                    });
                } catch (RejectedExecutionException e) {
                    // It came while the engine was closed.
                    wire.close();
                }
            } catch (IOException e) {
                // Closed: the loop ends.
            }
        }
        deaf.countDown();
    }

    private void receive(Wire wire) {
        Exchange exchange;
        try {
            exchange = new Exchange(readsBodies ? wire.readMessage() : wire.readHead(), wire);
        } catch (UncheckedIOException e) {
            // Its client has left before it could ask.
            return;
        }
        if (hanging) {
            return;
        }
        String page = pages.get(exchange.request().startLine().replaceFirst(" /engines/\\w+/", " /"));
        if (page == null) {
            exchanges.add(exchange);
        } else {
            exchange.answer("200 OK\r\nContent-Type: application/json", page);
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.shutdownNow();
    }
}
