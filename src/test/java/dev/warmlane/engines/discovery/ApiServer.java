package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.FreePorts;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** A Kubernetes API server that keeps what it is given, tells watchers, and can misbehave in the ways that real ones do. */
public final class ApiServer implements AutoCloseable {
    private final Faults faults = new Faults();
    private final KubernetesMockServer server =
            new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), faults, false);

    /** What puts and deletes; null until something does. */
    private KubernetesClient own;

    public static ApiServer start() {
        return startAt(FreePorts.take());
    }

    /** One that has these before anybody reads from it. */
    static ApiServer startAt(int port, EndpointSlice... there) {
        ApiServer api = new ApiServer();
        api.permitOnly(request -> !request.startsWith("GET "));
        api.server.start(InetAddress.getLoopbackAddress(), port);
        for (EndpointSlice slice : there) {
            api.put(slice);
        }
        api.permitOnly(request -> true);
        return api;
    }

    /** A client of this server in the namespace "test"; the caller closes it. */
    public KubernetesClient client() {
        return clientOf(server.getPort());
    }

    /** A client in the namespace "test" that reconnects quickly. */
    static KubernetesClient clientOf(int port) {
        return DiscoveryFactory.client()
                .withConfig(new ConfigBuilder(Config.empty())
                        .withMasterUrl("http://localhost:" + port + "/")
                        .withNamespace("test")
                        .withWatchReconnectInterval(20)
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build();
    }

    public void put(EndpointSlice slice) {
        own().resource(slice).createOr(NonDeletingOperation::update);
    }

    public void delete(EndpointSlice slice) {
        own().resource(slice).delete();
    }

    private synchronized KubernetesClient own() {
        if (own == null) {
            own = client();
        }
        return own;
    }

    /** Watches that are opened from now on bring nothing. */
    void silenceWatches(boolean silent) {
        faults.silent = silent;
    }

    /** Every request is answered with this status, until it is 0. */
    public void answerWith(int status) {
        faults.status = status;
    }

    /** Every request that this does not accept, as method and path, is answered with 403. */
    public void permitOnly(Predicate<String> permitted) {
        faults.permitted = permitted;
    }

    /** Lists are accepted, and not answered while a test runs. */
    void hangLists(boolean hang) {
        faults.hanging = hang;
    }

    /** Closes every watch, as a server does that has kept them for long enough. */
    void closeWatches() {
        faults.open.forEach(watch -> watch.close(1000, "timeout"));
    }

    int watchesOpened() {
        return faults.opened.get();
    }

    public int watchesOpen() {
        return faults.open.size();
    }

    /** Method and path of every request so far. */
    public List<String> requests() {
        return List.copyOf(faults.requests);
    }

    @Override
    public void close() {
        if (own != null) {
            own.close();
        }
        try {
            server.shutdown();
        } catch (IllegalStateException slow) {
            // It waits ten seconds for its connections to end, which on a busy machine is no failure of what is tested.
            assertThat(slow).hasCauseInstanceOf(TimeoutException.class);
        }
    }

    private static final class Faults extends KubernetesCrudDispatcher {
        private final Set<WebSocket> open = ConcurrentHashMap.newKeySet();
        private final AtomicInteger opened = new AtomicInteger();
        private final List<String> requests = new CopyOnWriteArrayList<>();
        private volatile boolean silent;
        private volatile boolean hanging;
        private volatile int status;
        private volatile Predicate<String> permitted = request -> true;

        @Override
        public MockResponse dispatch(RecordedRequest request) {
            requests.add(request.getMethod() + " " + request.getPath());
            if (!permitted.test(request.getMethod() + " " + request.getPath())) {
                return new MockResponse().setResponseCode(403);
            }
            if (status != 0) {
                return new MockResponse().setResponseCode(status);
            }
            MockResponse response = super.dispatch(request);
            return hanging && response.getWebSocketListener() == null
                    ? response.setBodyDelay(Duration.ofHours(1))
                    : response;
        }

        @Override
        public MockResponse handleWatch(String path) {
            WebSocketListener watch = silent
                    ? new WebSocketListener() {}
                    : super.handleWatch(path).getWebSocketListener();
            return new MockResponse().withWebSocketUpgrade(new Counting(watch));
        }

        /** Passes everything on, and knows which connections are open: none is closed before the server has stopped using it. */
        private final class Counting extends WebSocketListener {
            private final WebSocketListener watch;

            Counting(WebSocketListener watch) {
                this.watch = watch;
            }

            @Override
            public void onOpen(WebSocket webSocket, Response response) {
                open.add(webSocket);
                opened.incrementAndGet();
                watch.onOpen(webSocket, response);
            }

            @Override
            public void onClosing(WebSocket webSocket, int code, String reason) {
                watch.onClosing(webSocket, code, reason);
            }

            @Override
            public void onClosed(WebSocket webSocket, int code, String reason) {
                watch.onClosed(webSocket, code, reason);
                open.remove(webSocket);
            }

            @Override
            public void onFailure(WebSocket webSocket, Throwable cause, Response response) {
                watch.onFailure(webSocket, cause, response);
                open.remove(webSocket);
            }
        }
    }
}
