package dev.warmlane.engines.probe;

import dev.warmlane.engines.client.ClientTls;
import dev.warmlane.engines.client.EngineClient;
import dev.warmlane.engines.client.EngineClient.HeaderLimits;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import dev.warmlane.engines.client.EngineNames;
import dev.warmlane.engines.pool.Pool;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;

/**
 * Asks engines on the gateway's own account, on one thread and over connections of its own, so that a slow engine takes
 * nothing from requests. All results, errors and timers come on that thread. It keeps one connection at rest to each endpoint,
 * for as long as engines keep it.
 */
final class ProbeClient {
    /** By the JVM's trust store, which is a file. */
    private static final Mono<ClientTls> DEFAULT_TLS = Mono.fromCallable(
                    () -> new ClientTls(SslContextBuilder.forClient().build(), null))
            .subscribeOn(Schedulers.boundedElastic())
            .cache();

    private static final Duration FOR_GOOD = Duration.ofNanos(Long.MAX_VALUE);

    private final Duration timeout;
    private final Duration keepAlive;
    private final LoopResources loops;
    private final EventLoop loop;
    private final Scheduler onLoop;
    private final Duration dnsRefresh;
    private final EngineNames names;
    private final TcpClient tcp;
    /** The one that came to rest first is first. */
    private final Map<URI, AtRest> atRest = new LinkedHashMap<>();

    private final AtomicBoolean closed = new AtomicBoolean();

    /** @param secured by what its TLS is; null: by Java's own trust, or it has none */
    private record AtRest(ProbeConnection connection, ClientTls.@Nullable Current secured, long sinceNanos) {}

    /** Takes a response, on the client's thread. What it throws while it reads, or at the end, is how the response has failed. */
    interface ResponseReader {
        /** The next part of the body, which may be reused after that. */
        void read(ByteBuf part);

        /** The response is complete. This or {@link #failed} is called once, unless the request is given up. */
        void end();

        /** It has failed: with {@link UnusableResponse} for any status but 200, and as connections do. */
        void failed(Throwable why);
    }

    /** @param name of the thread */
    ProbeClient(String name, ProbeTiming timing) {
        this.timeout = timing.timeout();
        this.keepAlive = timing.keepAlive();
        this.loops = LoopResources.create(name, 1, true);
        this.loop = loops.onClient(LoopResources.DEFAULT_NATIVE).next();
        this.onLoop = Schedulers.fromExecutorService(loop);
        this.dnsRefresh = timing.dnsRefresh();
        this.names = EngineNames.create(timeout, dnsRefresh, loops);
        this.tcp = EngineClient.connector(timeout, names, HeaderLimits.DEFAULT, loops);
        long pause = keepAlive.dividedBy(2).toMillis() + 1;
        var unused = loop.scheduleAtFixedRate(this::closeOld, pause, pause, TimeUnit.MILLISECONDS);
    }

    /** The one thread. */
    EventLoop loop() {
        return loop;
    }

    /**
     * Asks an endpoint of a pool with GET. On the client's thread.
     *
     * @param reader called only after this has returned
     * @return gives the request up
     */
    Disposable get(Pool pool, URI endpoint, String path, Consumer<? super HttpHeaders> headers, ResponseReader reader) {
        Asking asking = new Asking(pool, endpoint, path, headers, reader);
        asking.begin();
        return asking;
    }

    /**
     * Closes all connections, also those in use, and ends the thread, shortly after it returns.
     *
     * @param last runs on the thread before that
     */
    void close(Runnable last) {
        if (closed.compareAndSet(false, true)) {
            loop.execute(() -> {
                last.run();
                atRest.values().forEach(resting -> resting.connection().close());
                names.close();
                loops.disposeLater(Duration.ZERO, Duration.ofSeconds(1)).subscribe();
            });
        }
    }

    private void closeOld() {
        for (Iterator<AtRest> all = atRest.values().iterator(); all.hasNext(); ) {
            AtRest oldest = all.next();
            if (!isOld(oldest)) {
                return;
            }
            oldest.connection().close();
            all.remove();
        }
    }

    private boolean isOld(AtRest resting) {
        return System.nanoTime() - resting.sinceNanos() > keepAlive.toNanos()
                || !resting.connection().isUsable();
    }

    /** A request with its response, over a connection at rest if there is one, else over a new one. */
    private final class Asking implements ProbeConnection.Exchange, Disposable {
        private final URI endpoint;
        private final String path;
        private final Consumer<? super HttpHeaders> headers;
        private final ResponseReader reader;
        private final @Nullable ClientTls tls;
        /** As it was when the request began: what has been renewed since is for the next. */
        private final ClientTls.@Nullable Current secured;

        private final Disposable.Swap connecting = Disposables.swap();
        private @Nullable Future<?> timer;
        private @Nullable ProbeConnection connection;
        private boolean reused;
        private boolean ended;

        Asking(Pool pool, URI endpoint, String path, Consumer<? super HttpHeaders> headers, ResponseReader reader) {
            this.endpoint = endpoint;
            this.path = path;
            this.headers = headers;
            this.reader = reader;
            this.tls = pool.tls();
            this.secured = tls == null ? null : ClientTls.current(tls);
        }

        void begin() {
            timer = loop.schedule(() -> fail(ReadTimeoutException.INSTANCE), timeout.toNanos(), TimeUnit.NANOSECONDS);
            AtRest resting = atRest.remove(endpoint);
            boolean usable = resting != null && Objects.equals(resting.secured(), secured) && !isOld(resting);
            if (resting != null && !usable) {
                resting.connection().close();
            }
            try {
                if (resting != null && usable) {
                    reused = true;
                    send(resting.connection());
                } else {
                    connect();
                }
            } catch (RuntimeException e) {
                loop.execute(() -> fail(e));
            }
        }

        private void connect() {
            connecting.update(client().publishOn(onLoop)
                    .flatMap(client ->
                            client.remoteAddress(() -> address(endpoint)).connect())
                    .subscribe(made -> send(new ProbeConnection(made.channel(), longest(endpoint))), this::fail));
        }

        private Mono<TcpClient> client() {
            if (!isHttps(endpoint)) {
                return Mono.just(tcp);
            }
            return tls == null ? DEFAULT_TLS.map(byDefault -> byDefault.secure(tcp)) : Mono.just(tls.secure(tcp));
        }

        private void send(ProbeConnection newConnection) {
            connection = newConnection;
            FullHttpRequest request = new DefaultFullHttpRequest(
                    HttpVersion.HTTP_1_1, HttpMethod.GET, endpoint.getRawPath() + path, Unpooled.EMPTY_BUFFER);
            request.headers().set(HttpHeaderNames.HOST, endpoint.getRawAuthority());
            request.headers().set(HttpHeaderNames.ACCEPT, "*/*");
            headers.accept(request.headers());
            newConnection.send(request, this);
        }

        @Override
        public void content(ByteBuf part) {
            reader.read(part);
        }

        @Override
        public void completed() {
            ProbeConnection used = connection;
            connection = null;
            if (used != null) {
                rest(used);
            }
            dispose();
            try {
                reader.end();
            } catch (UnusableResponse e) {
                reader.failed(e);
            }
        }

        private void rest(ProbeConnection used) {
            AtRest resting = new AtRest(used, secured, System.nanoTime());
            if (isOld(resting)) {
                used.close();
                return;
            }
            AtRest other = atRest.remove(endpoint);
            if (other != null) {
                other.connection().close();
            }
            atRest.put(endpoint, resting);
        }

        @Override
        public void failed(Throwable why, boolean unheard) {
            connection = null;
            // The engine closed it as the request was on its way, which says nothing of the engine.
            if (reused && unheard) {
                reused = false;
                connect();
            } else {
                fail(why);
            }
        }

        private void fail(Throwable why) {
            if (!ended) {
                dispose();
                reader.failed(why);
            }
        }

        /** Answered, failed, or nobody waits any longer. */
        @Override
        public void dispose() {
            ended = true;
            if (timer != null) {
                timer.cancel(false);
            }
            connecting.dispose();
            if (connection != null) {
                connection.close();
            }
        }
    }

    private static boolean isHttps(URI endpoint) {
        return "https".equals(endpoint.getScheme());
    }

    private static InetSocketAddress address(URI endpoint) {
        int port = endpoint.getPort() >= 0 ? endpoint.getPort() : isHttps(endpoint) ? 443 : 80;
        return InetSocketAddress.createUnresolved(host(endpoint), port);
    }

    private static String host(URI endpoint) {
        String host = endpoint.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** How long a connection is kept at most: a name may lead elsewhere by then. */
    private Duration longest(URI endpoint) {
        boolean isAddress = NetUtil.createInetAddressFromIpAddressString(host(endpoint)) != null;
        return isAddress ? FOR_GOOD : dnsRefresh;
    }
}
