package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.Transfer;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What vLLM's NixlConnector does, on both sides: blocks of a finished prompt are kept until they are fetched or their lease is over, and
 * fetched from the server that {@code kv_transfer_params} name. The side channel is a path of that server's port. Confined to the
 * server's event loop.
 */
final class KvTransfers {
    /** Asks whether blocks are there, or says that they can go. */
    static final String PATH = "/nixl/blocks";

    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final EventLoop loop;
    private final FaultInjector injector;
    private final Map<String, Kept> kept = new HashMap<>();

    KvTransfers(EventLoop loop, FaultInjector injector) {
        this.loop = loop;
        this.injector = injector;
    }

    private record Kept(EngineDriver driver, EngineSequence sequence, Future<?> lease) {}

    /** How many prompts are kept. */
    int kept() {
        return kept.size();
    }

    /** Whether this is the prefill leg of a request. */
    static boolean keeps(JsonNode params) {
        return params.path("do_remote_decode").asBoolean(false);
    }

    /** Whether this is a decode leg, with somewhere to fetch its prompt from. */
    static boolean fetches(JsonNode params) {
        return params.path("do_remote_prefill").asBoolean(false) && params.hasNonNull("remote_request_id");
    }

    /** Keeps a finished prompt, and says where it is. */
    Json keep(EngineDriver driver, EngineSequence sequence, String requestId, InetSocketAddress address) {
        Duration lease = injector.faults().transfers().lease();
        release(requestId);
        kept.put(
                requestId,
                new Kept(
                        driver,
                        sequence,
                        loop.schedule(() -> release(requestId), lease.toMillis(), TimeUnit.MILLISECONDS)));
        int tokens = sequence.request().promptTokens();
        return Json.of("do_remote_prefill", true, "do_remote_decode", false)
                .and("remote_block_ids", List.of(), "remote_engine_id", "engine-" + address.getPort())
                .and("remote_request_id", requestId, "remote_host", address.getHostString())
                .and("remote_port", address.getPort(), "tp_size", 1, "dcp_size", 1, "pp_size", 1)
                .and("remote_num_tokens", tokens, "remote_blocks_expiry_time", null)
                .and("remote_registration_generation", 1, "transfer_mode", "pull");
    }

    private void release(String requestId) {
        Kept released = kept.remove(requestId);
        if (released != null) {
            released.lease().cancel(false);
            released.driver().release(released.sequence());
        }
    }

    /** The side channel. */
    void answer(HttpExchange exchange) {
        JsonNode asked = exchange.json();
        String id = asked.path("remote_request_id").asString("");
        boolean known = kept.containsKey(id);
        if (asked.path("release").asBoolean(false)) {
            release(id);
        }
        exchange.reply(known ? 200 : 404, "{}");
    }

    /** Asks whether the blocks are there, and goes on with how long they take, or with null if they cannot be had. */
    void fetch(JsonNode params, Consumer<@Nullable Transfer> then) {
        if (injector.faults().transfers().fails()) {
            done(params);
            then.accept(null);
            return;
        }
        long nanos = injector.faults().transfers().time().toNanos();
        var unused = send(params, false)
                .whenComplete((status, failure) -> loop.execute(
                        () -> then.accept(status != null && status == 200 ? new Transfer(tokens -> nanos) : null)));
    }

    /** The blocks have been fetched, or nobody will fetch them. */
    void done(JsonNode params) {
        var unused = send(params, true);
    }

    private static CompletableFuture<Integer> send(JsonNode params, boolean release) {
        String host = params.path("remote_host").asString("localhost");
        URI uri = URI.create("http://%s:%d%s"
                .formatted(
                        host.contains(":") ? "[" + host + "]" : host,
                        params.path("remote_port").asInt(0),
                        PATH));
        String body = Json.of(
                        "remote_request_id", params.path("remote_request_id").asString(""), "release", release)
                .toString();
        return CLIENT.sendAsync(
                        HttpRequest.newBuilder(uri)
                                .timeout(TIMEOUT)
                                .POST(BodyPublishers.ofString(body))
                                .build(),
                        BodyHandlers.discarding())
                .thenApply(response -> response.statusCode());
    }
}
