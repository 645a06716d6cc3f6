package dev.warmlane.proxy.prewarm;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBeginning.Shared;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.WorthWarming;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.metrics.PoolMeter;
import dev.warmlane.proxy.prewarm.PrefixCalls.Call;
import dev.warmlane.proxy.prewarm.PrefixCalls.Result;
import dev.warmlane.settings.HealthSettings.PrewarmSettings;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Fills the cache of one server, on each of its ranks, until it holds all that is worth computing, time or tokens run out, or the
 * server is needed now. A server that refuses is left alone. Safe for concurrent use.
 */
final class CacheFilling {
    /** What a cache must keep free for what comes after the beginnings. */
    private static final double LARGEST_SHARE = 0.6;

    private final PrefixCalls.Target target;
    private final Pool pool;
    private final EndpointId server;
    private final PrewarmSettings settings;
    /** Hashes of what was held by the server whose place this one takes; null: it takes nobody's. */
    private final @Nullable Set<Long> before;

    private final PrefixCalls calls;
    /** Those that are being filled; others may have come since. */
    private volatile List<EndpointId> ranks = List.of();

    /** All that sessions share, and of that what is worth computing here. */
    private volatile List<Shared> shared = List.of();

    private volatile List<Shared> best = List.of();

    /** Not begun. */
    CacheFilling(PrefixCalls.Target target, EndpointId server) {
        this.before = target.places().take(server, other -> isInUse(target.pool(), other));
        this.target = target;
        this.pool = target.pool();
        this.server = server;
        this.settings = target.settings();
        this.calls = new PrefixCalls(target);
    }

    /** The ranks of the server that compute prompts. */
    private List<Endpoint> listed() {
        return pool.endpoints().snapshot().atServerOf(server).stream()
                .filter(rank -> rank.role() != Role.DECODE)
                .toList();
    }

    private static boolean isInUse(Pool pool, EndpointId server) {
        return pool.endpoints().snapshot().atServerOf(server).stream()
                .anyMatch(rank -> !rank.state().ends());
    }

    private static List<EndpointId> ids(List<Endpoint> endpoints) {
        return endpoints.stream().map(Endpoint::id).toList();
    }

    private List<Shared> worthWarming() {
        long endpoints = pool.endpoints().snapshot().endpoints().stream()
                .filter(endpoint ->
                        endpoint.role() != Role.DECODE && !endpoint.state().ends())
                .count();
        return new WorthWarming(endpoints, before).of(shared, this::isHeldElsewhere);
    }

    private boolean isHeldElsewhere(Shared prompt) {
        PromptBlocks blocks = prompt.call().prompt();
        return pool.router().heldElsewhere(ranks.get(0), blocks) >= blocks.length();
    }

    /** Completes when the server may get requests, which is told to its health; if it fails, that is left to the caller. */
    Mono<Void> run(Scheduler worker) {
        return Flux.defer(this::fill)
                // How many ranks a new server has is known after the first scrape.
                .repeat(() -> calls.goesOn() && !ids(listed()).equals(ranks))
                .take(settings.maxDuration(), worker)
                .then(Mono.fromRunnable(this::end));
    }

    private Flux<Void> fill() {
        List<Endpoint> now = listed();
        ranks = ids(now);
        shared = target.shared().best();
        best = now.isEmpty() ? List.of() : worthWarming();
        double cacheTokens = now.stream()
                .mapToDouble(rank -> pool.router().cacheTokens(rank.id()))
                .min()
                .orElse(0);
        calls.limit(now.size() * (long) Math.min((double) settings.maxTokens(), LARGEST_SHARE * cacheTokens));
        return Flux.fromIterable(best)
                .concatMapIterable(prompt ->
                        now.stream().map(rank -> new Call(rank, prompt)).toList())
                .takeWhile(call -> goesOn())
                .filter(call -> calls.fits(call.prompt()))
                .flatMap(calls::send, settings.concurrency(), 1);
    }

    private boolean goesOn() {
        List<Endpoint> now = listed();
        if (now.isEmpty()) {
            calls.stop(Result.LEFT, "it left");
        } else if (now.get(0).state() != EndpointState.WARMING) {
            EndpointState state = now.get(0).state();
            calls.stop(state.acceptsNew() ? Result.NEEDED : Result.LEFT, "it is " + state.label());
        }
        return calls.goesOn() && ids(now).equals(ranks);
    }

    private void end() {
        Result result = calls.result(!best.isEmpty());
        double worth = calls.worth() / Math.max(1, ranks.size());
        double warmth = WorthWarming.warmth(shared, target.shared().share(), worth);
        count(target, result);
        for (Endpoint rank : listed()) {
            pool.health()
                    .checks()
                    .note(
                            rank,
                            result == Result.WARMED ? "cache is filled" : "cache is not filled",
                            calls.words(ranks.size() * best.size()));
        }
        pool.health().caches().warmed(server, warmth, calls.served() > 0);
    }

    static void count(PrefixCalls.Target target, Result result) {
        PoolMeter.PREWARM_ENDPOINTS
                .counter(target.registry(), target.pool().name(), result.label())
                .increment();
    }
}
