package dev.warmlane.proxy.prewarm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.LeftPlaces;
import dev.warmlane.core.prefix.PromptBeginning.Shared;
import dev.warmlane.core.prefix.SharedPrompts;
import dev.warmlane.core.vllm.Usage;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pool.Prewarming;
import dev.warmlane.metrics.PoolMeter;
import dev.warmlane.proxy.body.ResponseTail;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import dev.warmlane.proxy.upstream.UpstreamClient;
import dev.warmlane.proxy.upstream.UpstreamHeaders;
import dev.warmlane.settings.HealthSettings.PrewarmSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Requests of the gateway's own that have engines compute beginnings of prompts, up to a number of tokens. Engines that refuse or fail end
 * it. Safe for concurrent use.
 */
final class PrefixCalls {
    /** A request that one engine refuses is probably at fault itself; several are not. */
    private static final int MOST_REFUSALS = 3;

    private final Target target;
    private long mostTokens;
    private @Nullable Result stopped;
    private @Nullable String why;
    private long tokens;
    private int refusals;
    private int served;
    private double worth;

    /**
     * Where such requests go.
     *
     * @param prewarming what they are made of, and how many
     * @param places what servers held that have left
     */
    record Target(UpstreamClient client, Pool pool, Prewarming prewarming, LeftPlaces places, MeterRegistry registry) {

        SharedPrompts shared() {
            return prewarming.shared();
        }

        PrewarmSettings settings() {
            return prewarming.settings();
        }
    }

    /** One that is to be sent. */
    record Call(Endpoint endpoint, Shared prompt) {}

    /** What became of them all. */
    enum Result {
        /** All were sent, as far as time and tokens allowed. */
        WARMED,
        /** Nothing is known that sessions share. */
        NOTHING,
        /** An engine refused requests, or failed. */
        FAILED,
        /** The endpoint left. */
        LEFT,
        /** The endpoint is needed as it is, or clients' requests wait because all are full. */
        NEEDED;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** None was sent yet, and none may be before there is a {@link #limit}. */
    PrefixCalls(Target target) {
        this.target = target;
    }

    /** How many prompt tokens they may compute, all of them. */
    synchronized void limit(long tokens) {
        mostTokens = tokens;
    }

    /** No more are sent. The first reason counts. */
    synchronized void stop(Result result, String reason) {
        if (stopped == null) {
            stopped = result;
            why = reason;
        }
    }

    /** Whether none has stopped it; clients' requests that wait do. */
    synchronized boolean goesOn() {
        if (!target.pool().queue().isIdle()) {
            stop(Result.NEEDED, "requests wait for an endpoint");
        }
        return stopped == null;
    }

    /** Reserves a prompt's tokens, if there are so many left. */
    synchronized boolean fits(Shared prompt) {
        long more = tokens(prompt);
        if (tokens + more > mostTokens) {
            return false;
        }
        tokens += more;
        return true;
    }

    /** Of the beginning, about. */
    long tokens(Shared prompt) {
        return (long) (prompt.call().prompt().bytes() / target.pool().router().bytesPerToken());
    }

    /** Sends one whose tokens are reserved. Never fails: what becomes of it is counted. */
    Mono<Void> send(Call call) {
        UpstreamAttempt attempt = new UpstreamAttempt(() -> false);
        ResponseTail tail = new ResponseTail();
        Pool pool = target.pool();
        return target.client()
                .send(call.endpoint().uri(), pool.tls(), attempt, () -> request(call), response -> {
                    attempt.responded();
                    pool.health().heard(call.endpoint());
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
        Integer priority = target.settings().priority();
        ByteBuf content = priority == null
                ? Unpooled.wrappedBuffer(body)
                : Unpooled.wrappedBuffer(
                        Unpooled.wrappedBuffer(body, 0, body.length - 1),
                        Unpooled.copiedBuffer(",\"priority\":" + priority + "}", US_ASCII));
        Endpoint endpoint = call.endpoint();
        FullHttpRequest request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                HttpMethod.POST,
                endpoint.uri().getRawPath() + call.prompt().call().path(),
                content);
        UpstreamHeaders.own(request.headers(), endpoint, target.pool().apiKey(), content.readableBytes());
        return request;
    }

    private void responded(Call call, int status, @Nullable Usage usage) {
        if (status < 300) {
            count("served");
            target.pool()
                    .router()
                    .notes()
                    .warmed(call.endpoint().id(), call.prompt().call().prompt());
            served(call.prompt(), usage);
            return;
        }
        count("refused");
        boolean ofRequest = status == 400 || status == 404 || status == 413 || status == 422;
        if (ofRequest && status != 404) {
            target.shared().refused(call.prompt().hash());
        }
        refused(ofRequest, status);
    }

    private synchronized void served(Shared prompt, @Nullable Usage usage) {
        served++;
        worth += prompt.worth();
        if (usage != null) {
            int computed = usage.promptTokens() - Objects.requireNonNullElse(usage.cachedTokens(), 0);
            tokens += computed - tokens(prompt);
            PoolMeter.PREWARM_TOKENS
                    .counter(target.registry(), target.pool().name())
                    .increment(Math.max(0, computed));
        }
    }

    private synchronized void refused(boolean ofRequest, int status) {
        if (!ofRequest || ++refusals == MOST_REFUSALS) {
            stop(Result.FAILED, "answered " + status);
        }
    }

    private void count(String result) {
        PoolMeter.PREWARM_REQUESTS
                .counter(target.registry(), target.pool().name(), result)
                .increment();
    }

    /** What came of them so far; of none that was to be sent, where nothing stopped it, that none was answered. */
    synchronized Result result(boolean any) {
        if (!any) {
            stop(Result.NOTHING, "none is expected soon");
        } else if (served == 0) {
            stop(Result.FAILED, "no response came in time");
        }
        return Objects.requireNonNullElse(stopped, Result.WARMED);
    }

    /** How many were served. */
    synchronized int served() {
        return served;
    }

    /** Bytes a second that those served are expected to save. */
    synchronized double worth() {
        return worth;
    }

    /** For the log. */
    synchronized String words(int of) {
        return "%d of %d shared beginnings of prompts%s".formatted(served, of, why == null ? "" : ", " + why);
    }
}
