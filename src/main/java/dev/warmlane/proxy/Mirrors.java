package dev.warmlane.proxy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.engines.models.ModelNames.Mirror;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.proxy.body.BufferedBody;
import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import dev.warmlane.proxy.upstream.UpstreamClient;
import dev.warmlane.settings.PoolSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.Unpooled;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Sends a share of the requests that call their model by a configured name to a second pool as well, and drops its responses: to
 * warm its caches, or to compare a new version by its engines' metrics. A request is offered when its own response begins, so it
 * waits for nothing here; it is mirrored on a thread of its own, if there is room for it, and cancelled when its time is over. Safe
 * for concurrent use.
 */
final class Mirrors {
    private final UpstreamClient client;
    private final ExchangeReader requests;
    private final UpstreamRequests upstreamRequests;
    private final BodyBudget budget;
    private final Scheduler worker;
    private final MeterRegistry registry;
    /** Copies that wait for the worker, each with its memory. */
    private final AtomicInteger waiting = new AtomicInteger();
    /** By the names of pools, which are fixed by the settings. */
    private final Map<String, AtomicInteger> inFlight = new ConcurrentHashMap<>();

    Mirrors(
            UpstreamClient client,
            ExchangeReader requests,
            UpstreamRequests upstreamRequests,
            BodyBudget budget,
            Scheduler worker,
            MeterRegistry registry) {
        this.client = client;
        this.requests = requests;
        this.upstreamRequests = upstreamRequests;
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
        if (waiting.incrementAndGet() > mirror.maxInFlight()) {
            waiting.decrementAndGet();
            skipped(mirror);
            return;
        }
        byte[] sent = routed.requestBody().bytes();
        BufferedBody copy = new BufferedBody(budget, sent.length, sent.length);
        try {
            copy.append(sent, sent.length);
        } catch (ApiException noMemory) {
            waiting.decrementAndGet();
            skipped(mirror);
            return;
        }
        var unused = Mono.defer(() -> {
                    waiting.decrementAndGet();
                    return admit(exchange, copy, mirror, mirrored(exchange, copy, mirror));
                })
                .subscribeOn(worker)
                .doFinally(signal -> copy.release())
                .subscribe(none -> {}, failure -> {});
    }

    private ExchangeReader.Mirrored mirrored(ServerWebExchange exchange, BufferedBody body, Mirror mirror) {
        try {
            return requests.mirrored(exchange, body, mirror.target());
        } catch (RuntimeException e) {
            // Nobody serves its model now, or memory is short.
            skipped(mirror);
            throw e;
        }
    }

    private Mono<Void> admit(
            ServerWebExchange exchange, BufferedBody body, Mirror mirror, ExchangeReader.Mirrored mirrored) {
        String pool = mirrored.pool().name();
        AtomicInteger sent = inFlight.computeIfAbsent(pool, none -> new AtomicInteger());
        if (sent.incrementAndGet() > mirror.maxInFlight()) {
            sent.decrementAndGet();
            count(pool, "skipped");
            return Mono.empty();
        }
        return Mono.defer(() -> dispatch(exchange, body, mirror, mirrored, pool))
                .doFinally(signal -> sent.decrementAndGet());
    }

    private Mono<Void> dispatch(
            ServerWebExchange exchange,
            BufferedBody body,
            Mirror mirror,
            ExchangeReader.Mirrored mirrored,
            String pool) {
        Dispatch dispatch;
        try {
            // Whoever waits for this pool comes first.
            dispatch = mirrored.pool().queue().isIdle()
                    ? mirrored.pool().router().dispatch(mirrored.request(), Set.of())
                    : null;
        } catch (RuntimeException e) {
            // A policy from a jar may do anything.
            count(pool, "failed");
            throw e;
        }
        if (dispatch == null) {
            count(pool, "skipped");
            return Mono.empty();
        }
        AtomicBoolean responded = new AtomicBoolean();
        return send(exchange, body, mirrored, dispatch, responded)
                .timeout(mirror.timeout(), worker)
                .doOnNext(status -> count(pool, status < 400 ? "served" : "failed"))
                .doOnError(failure -> {
                    boolean late = failure instanceof TimeoutException;
                    count(pool, late ? "cancelled" : "failed");
                    FailureCause cause = UpstreamAttempt.failure(failure).cause();
                    if (!late && responded.get()) {
                        dispatch.brokeOff(cause);
                    } else if (!late) {
                        dispatch.failed(cause);
                    }
                })
                .doFinally(signal -> dispatch.close())
                .then();
    }

    private Mono<Integer> send(
            ServerWebExchange exchange,
            BufferedBody body,
            ExchangeReader.Mirrored mirrored,
            Dispatch dispatch,
            AtomicBoolean responded) {
        UpstreamAttempt attempt = new UpstreamAttempt(() -> false);
        AtomicInteger received = new AtomicInteger();
        Endpoint endpoint = dispatch.endpoint();
        return client.send(
                        endpoint.uri(),
                        mirrored.pool().tls(),
                        attempt,
                        () -> upstreamRequests.of(exchange, mirrored, endpoint, Unpooled.wrappedBuffer(body.bytes())),
                        response -> {
                            attempt.responded();
                            int status = response.status();
                            received.set(status);
                            responded.set(true);
                            dispatch.heard();
                            dispatch.responded(status);
                            if (status < 400) {
                                dispatch.accepted();
                            } else {
                                dispatch.refused(status);
                            }
                            return response.doOnNext(chunk -> {
                                        chunk.release();
                                        dispatch.heard();
                                        if (status < 400) {
                                            dispatch.firstByte();
                                        }
                                    })
                                    .then();
                        })
                .doFinally(signal -> attempt.end())
                .then(Mono.fromSupplier(received::get));
    }

    private void skipped(Mirror mirror) {
        count(Objects.requireNonNullElse(mirror.target().pool(), PoolSettings.NO_POOL), "skipped");
    }

    private void count(String pool, String result) {
        RequestMeter.MIRRORED.counter(registry, pool, result).increment();
    }
}
