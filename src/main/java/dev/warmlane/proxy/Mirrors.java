package dev.warmlane.proxy;

import dev.warmlane.core.health.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.models.ModelNames.Mirror;
import dev.warmlane.metrics.GatewayMeter;
import dev.warmlane.proxy.body.BodyBudget;
import dev.warmlane.proxy.body.BufferedBody;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.upstream.ForwardedFor;
import dev.warmlane.proxy.upstream.UpstreamHeaders;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.http.client.HttpClient;

/**
 * Sends a share of the requests that name a model by a name to a second pool as well, and drops its responses: to warm its caches,
 * or to judge a new version by its engines' figures. A request is offered when its own response begins, so it waits for nothing
 * here; it is mirrored on another thread, if there is room for it, and cancelled when its time is over. Safe for concurrent use.
 */
final class Mirrors {
    private final HttpClient client;
    private final ExchangeReader requests;
    private final ForwardedFor forwardedFor;
    private final BodyBudget budget;
    private final Scheduler worker;
    private final MeterRegistry registry;
    /** By the names of pools, which are fixed by the settings. */
    private final Map<String, AtomicInteger> inFlight = new ConcurrentHashMap<>();

    Mirrors(
            HttpClient client,
            ExchangeReader requests,
            ForwardedFor forwardedFor,
            BodyBudget budget,
            Scheduler worker,
            MeterRegistry registry) {
        this.client = client;
        this.requests = requests;
        this.forwardedFor = forwardedFor;
        this.budget = budget;
        this.worker = worker;
        this.registry = registry;
    }

    /** The request's response begins; its body is still there. */
    void offer(ServerWebExchange exchange, RoutedExchange routed, Mirror mirror) {
        HttpStatusCode status = exchange.getResponse().getStatusCode();
        boolean served = status == null || status.is2xxSuccessful();
        if (!served || ThreadLocalRandom.current().nextDouble() >= mirror.share()) {
            return;
        }
        byte[] sent = routed.body();
        BufferedBody copy = new BufferedBody(budget, sent.length, sent.length);
        try {
            copy.append(sent, sent.length);
        } catch (ApiException noMemory) {
            return;
        }
        var unused = Mono.defer(() -> send(exchange, copy, mirror))
                .doFinally(signal -> copy.release())
                .subscribeOn(worker)
                .subscribe(none -> {}, failure -> {});
    }

    private Mono<Void> send(ServerWebExchange exchange, BufferedBody body, Mirror mirror) {
        ExchangeReader.Mirrored mirrored = requests.mirrored(exchange, body, mirror.target());
        String pool = mirrored.pool().name();
        AtomicInteger sent = inFlight.computeIfAbsent(pool, none -> new AtomicInteger());
        if (sent.incrementAndGet() > mirror.maxInFlight()) {
            sent.decrementAndGet();
            count(pool, "skipped");
            return Mono.empty();
        }
        // Whoever waits for this pool comes first.
        Dispatch dispatch = mirrored.pool().queue().isIdle()
                ? mirrored.pool().router().dispatch(mirrored.request(), Set.of())
                : null;
        if (dispatch == null) {
            sent.decrementAndGet();
            count(pool, "skipped");
            return Mono.empty();
        }
        return send(exchange, body, mirrored, dispatch)
                .timeout(mirror.timeout())
                .doOnNext(status -> count(pool, status < 400 ? "served" : "failed"))
                .doOnError(failure -> {
                    count(pool, failure instanceof TimeoutException ? "cancelled" : "failed");
                    FailureCause cause = EngineFailure.of(failure).cause();
                    if (!(failure instanceof TimeoutException)) {
                        dispatch.failed(cause);
                    }
                })
                .doFinally(signal -> {
                    dispatch.close();
                    sent.decrementAndGet();
                })
                .then();
    }

    private Mono<Integer> send(
            ServerWebExchange exchange, BufferedBody body, ExchangeReader.Mirrored mirrored, Dispatch dispatch) {
        byte[] bytes = body.bytes();
        return mirrored.pool()
                .secure(client)
                .headers(headers -> UpstreamHeaders.copy(
                        exchange.getRequest(),
                        headers,
                        mirrored.requestId(),
                        forwardedFor,
                        mirrored.pool().apiKey(),
                        mirrored.authenticated() && !mirrored.pool().passesKeys(),
                        bytes.length))
                .request(HttpMethod.valueOf(exchange.getRequest().getMethod().name()))
                .uri(Failover.target(exchange, dispatch))
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(bytes)))
                .response((response, content) -> {
                    int status = response.status().code();
                    dispatch.heard();
                    if (status < 400) {
                        dispatch.accepted();
                    } else {
                        dispatch.refused(status);
                    }
                    return content.doOnNext(chunk -> {
                                if (status < 400) {
                                    dispatch.firstByte();
                                }
                            })
                            .then(Mono.just(status));
                })
                .single();
    }

    private void count(String pool, String result) {
        GatewayMeter.MIRRORED.counter(registry, pool, result).increment();
    }
}
