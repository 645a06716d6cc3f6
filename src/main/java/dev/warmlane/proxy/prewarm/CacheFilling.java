package dev.warmlane.proxy.prewarm;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.warming.SharedPrompts;
import dev.warmlane.core.prefix.warming.SharedPrompts.Shared;
import dev.warmlane.core.vllm.Usage;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.metrics.PoolMeter;
import dev.warmlane.proxy.body.ResponseTail;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import dev.warmlane.proxy.upstream.UpstreamClient;
import dev.warmlane.proxy.upstream.UpstreamHeaders;
import dev.warmlane.settings.PrewarmSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Fills the cache of one server, of each of its ranks, until all is there that is worth it, or time or tokens are used up, or the
 * server is needed as it is. A server that refuses is left alone. Safe for concurrent use.
 */
final class CacheFilling {
    /** What a cache must keep free for what comes after the beginnings. */
    private static final double LARGEST_SHARE = 0.6;

    /** Of an endpoint's share of all uses, what nobody holds where one was lost. */
    private static final double LOST_SHARE = 0.5;

    /** A request that one engine refuses is probably at fault itself; several are not. */
    private static final int MOST_REFUSALS = 3;

    private final UpstreamClient client;
    private final Pool pool;
    private final SharedPrompts shared;
    private final EndpointId server;
    private final List<Endpoint> ranks;
    private final PrewarmSettings settings;
    private final byte @Nullable [] priority;
    private final MeterRegistry registry;
    private final List<Shared> best;
    private final long mostTokens;
    private @Nullable Result stopped;
    private @Nullable String why;
    private long tokens;
    private int refusals;
    private int served;
    private double worth;

    /** What became of filling a cache. */
    enum Result {
        /** It holds what it was to hold, as far as time and tokens allowed. */
        WARMED,
        /** Nothing is known that sessions share. */
        NOTHING,
        /** The engine refused requests, or failed. */
        FAILED,
        /** The endpoint left. */
        LEFT,
        /** No other endpoint takes requests any more, or requests wait because all are full. */
        NEEDED;

        void count(MeterRegistry registry, Pool pool) {
            PoolMeter.PREWARM_ENDPOINTS
                    .counter(registry, pool.name(), name().toLowerCase(Locale.ROOT))
                    .increment();
        }
    }

    private record Call(Endpoint rank, Shared prompt) {}

    /**
     * Not begun.
     *
     * @param priority ends a body that has one; null: none has
     */
    CacheFilling(
            UpstreamClient client,
            Pool pool,
            SharedPrompts shared,
            EndpointId server,
            PrewarmSettings settings,
            byte @Nullable [] priority,
            MeterRegistry registry) {
        this.client = client;
        this.pool = pool;
        this.shared = shared;
        this.server = server;
        this.ranks = pool.endpoints().snapshot().atServerOf(server).stream()
                .filter(rank -> rank.role() != Role.DECODE)
                .toList();
        this.settings = settings;
        this.priority = priority;
        this.registry = registry;
        this.best = worthWarming(shared.best());
        double cacheTokens = ranks.stream()
                .mapToDouble(rank -> pool.router().cacheTokens(rank.id()))
                .min()
                .orElse(0);
        this.mostTokens = ranks.size() * (long) Math.min((double) settings.maxTokens(), LARGEST_SHARE * cacheTokens);
    }

    /**
     * First what no other cache is predicted to hold, as it is to be computed wherever a request for it goes. Where that is as much as
     * half an endpoint's share of all uses, an endpoint was lost, and the others have its requests: then nothing else.
     */
    private List<Shared> worthWarming(List<Shared> mostFrequentFirst) {
        Map<Boolean, List<Shared>> byHolder =
                mostFrequentFirst.stream().collect(Collectors.partitioningBy(this::isHeldElsewhere));
        List<Shared> missing = byHolder.getOrDefault(false, List.of());
        int endpoints = pool.endpoints().snapshot().endpoints().size();
        if (perSecond(missing) >= LOST_SHARE * perSecond(mostFrequentFirst) / endpoints) {
            return missing;
        }
        return Stream.concat(missing.stream(), byHolder.getOrDefault(true, List.of()).stream())
                .toList();
    }

    private boolean isHeldElsewhere(Shared prompt) {
        PromptBlocks blocks = prompt.call().prompt();
        return !ranks.isEmpty() && pool.router().heldElsewhere(ranks.get(0).id(), blocks) >= blocks.length();
    }

    private static double perSecond(List<Shared> prompts) {
        return prompts.stream().mapToDouble(Shared::perSecond).sum();
    }

    /** Completes when the server may get requests, which is told to its health; if it fails, that is left to the caller. */
    Mono<Void> run(Scheduler worker) {
        return Flux.fromIterable(best)
                .concatMapIterable(prompt ->
                        ranks.stream().map(rank -> new Call(rank, prompt)).toList())
                .takeWhile(call -> goesOn(call.rank().id()))
                .filter(this::fits)
                .flatMap(call -> send(call), settings.concurrency(), 1)
                .take(settings.maxDuration(), worker)
                .then(Mono.fromRunnable(this::end));
    }

    private synchronized boolean goesOn(EndpointId rank) {
        if (stopped == null) {
            Endpoint now = pool.endpoints().snapshot().find(rank);
            if (now == null) {
                stop(Result.LEFT, "it left");
            } else if (now.state() != EndpointState.WARMING) {
                stop(
                        now.state().acceptsNew() ? Result.NEEDED : Result.LEFT,
                        "it is " + now.state().label());
            } else if (!pool.queue().isIdle()) {
                stop(Result.NEEDED, "requests wait for an endpoint");
            }
        }
        return stopped == null;
    }

    private synchronized void stop(Result result, String reason) {
        if (stopped == null) {
            stopped = result;
            why = reason;
        }
    }

    /** Reserves its tokens, if there are so many left. */
    private synchronized boolean fits(Call call) {
        long more = tokens(call);
        if (tokens + more > mostTokens) {
            return false;
        }
        tokens += more;
        return true;
    }

    private long tokens(Call call) {
        return (long) (call.prompt().call().prompt().bytes() / pool.router().bytesPerToken());
    }

    private Mono<Void> send(Call call) {
        UpstreamAttempt attempt = new UpstreamAttempt(() -> false);
        ResponseTail tail = new ResponseTail();
        return client.send(call.rank().uri(), pool.tls(), attempt, () -> request(call), response -> {
                    attempt.answered();
                    pool.health().heard(call.rank());
                    return response.doOnNext(chunk -> {
                                tail.accept(chunk);
                                chunk.release();
                            })
                            .then(Mono.fromRunnable(() -> responded(call, response.status(), tail.usage())));
                })
                .doFinally(signal -> attempt.end())
                .onErrorResume(failure -> {
                    count("failed");
                    stop(Result.FAILED, EngineFailure.of(failure).reason());
                    return Mono.empty();
                });
    }

    private FullHttpRequest request(Call call) {
        byte[] body = call.prompt().call().body();
        ByteBuf content = priority == null
                ? Unpooled.wrappedBuffer(body)
                : Unpooled.wrappedBuffer(
                        Unpooled.wrappedBuffer(body, 0, body.length - 1), Unpooled.wrappedBuffer(priority));
        Endpoint rank = call.rank();
        FullHttpRequest request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                HttpMethod.POST,
                rank.uri().getRawPath() + call.prompt().call().path(),
                content);
        UpstreamHeaders.own(request.headers(), rank, pool.apiKey(), content.readableBytes());
        return request;
    }

    private void responded(Call call, int status, @Nullable Usage usage) {
        if (status < 300) {
            count("served");
            pool.router().warmed(call.rank().id(), call.prompt().call().prompt());
            served(call, usage);
            return;
        }
        count("refused");
        boolean ofRequest = status == 400 || status == 404 || status == 413 || status == 422;
        if (ofRequest && status != 404) {
            shared.refused(call.prompt().hash());
        }
        refused(ofRequest, status);
    }

    private synchronized void served(Call call, @Nullable Usage usage) {
        served++;
        worth += worth(call.prompt());
        if (usage != null) {
            int cached = Objects.requireNonNullElse(usage.cachedTokens(), 0);
            tokens += usage.promptTokens() - cached - tokens(call);
            PoolMeter.PREWARM_TOKENS
                    .counter(registry, pool.name())
                    .increment(Math.max(0, usage.promptTokens() - cached));
        }
    }

    private synchronized void refused(boolean ofRequest, int status) {
        if (!ofRequest || ++refusals == MOST_REFUSALS) {
            stop(Result.FAILED, "answered " + status);
        }
    }

    private static double worth(Shared prompt) {
        return prompt.perSecond() * prompt.call().prompt().bytes();
    }

    private void end() {
        Result result;
        double warmth;
        String details;
        int answered;
        synchronized (this) {
            if (best.isEmpty()) {
                stop(Result.NOTHING, "none is expected soon");
            } else if (served == 0 && !ranks.isEmpty()) {
                stop(Result.FAILED, "no response came in time");
            }
            result = Objects.requireNonNullElse(stopped, Result.WARMED);
            double all = ranks.size()
                    * best.stream().mapToDouble(CacheFilling::worth).sum();
            warmth = all == 0 ? 0 : Math.min(1, shared.share() * worth / all);
            answered = served;
            details = "%d of %d shared beginnings of prompts%s"
                    .formatted(served, ranks.size() * best.size(), why == null ? "" : ", " + why);
        }
        result.count(registry, pool);
        for (Endpoint rank : ranks) {
            pool.health()
                    .checks()
                    .note(rank, result == Result.WARMED ? "cache is filled" : "cache is not filled", details);
        }
        pool.health().warmed(server, warmth, answered > 0);
    }

    private void count(String result) {
        PoolMeter.PREWARM_REQUESTS.counter(registry, pool.name(), result).increment();
    }
}
