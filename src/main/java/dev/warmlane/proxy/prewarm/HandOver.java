package dev.warmlane.proxy.prewarm;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBeginning.Shared;
import dev.warmlane.core.routing.Heirs;
import dev.warmlane.core.routing.InFlight.Lease;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.metrics.PoolMeter;
import dev.warmlane.proxy.prewarm.PrefixCalls.Call;
import dev.warmlane.proxy.prewarm.PrefixCalls.Result;
import dev.warmlane.settings.HealthSettings.PrewarmSettings;
import java.util.List;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Hands over the cache of a server that is about to end: the endpoints that will get its sessions compute what these share and
 * would miss there. Which endpoint that is, the policy says of the session that sent it last, one after the other, so that it sees
 * what was sent before. They take clients' requests meanwhile, so each request is in flight there like any other. Safe for
 * concurrent use.
 */
final class HandOver {
    private final PrefixCalls.Target target;
    private final Pool pool;
    private final Heirs heirs;
    private final EndpointId server;
    private final List<Endpoint> ranks;
    private final PrewarmSettings settings;
    private final List<Shared> held;
    private final PrefixCalls calls;

    /** Not begun; what the server holds is noted at once, as it may leave meanwhile. */
    HandOver(PrefixCalls.Target target, EndpointId server) {
        this.target = target;
        this.pool = target.pool();
        this.server = server;
        this.ranks = pool.endpoints().snapshot().atServerOf(server);
        this.heirs = new Heirs(pool.router(), ranks);
        this.settings = target.settings();
        this.held = target.shared().best().stream()
                .filter(prompt -> heirs.inherit(prompt.call().prompt()))
                .toList();
        this.calls = new PrefixCalls(target);
        calls.limit(settings.maxTokens());
        if (!held.isEmpty()) {
            target.places().left(server, held.stream().map(Shared::hash).collect(Collectors.toSet()));
        }
    }

    /** Completes when all is handed over that time and tokens allow. */
    Mono<Void> run(Scheduler worker) {
        return Flux.fromIterable(held)
                .takeWhile(prompt -> goesOn())
                .flatMap(this::handOver, settings.concurrency(), 1)
                .take(settings.maxDuration(), worker)
                .then(Mono.fromRunnable(this::end));
    }

    private boolean goesOn() {
        List<Endpoint> now = pool.endpoints().snapshot().atServerOf(server);
        if (isBack(now)) {
            calls.stop(Result.NEEDED, "it is " + now.get(0).state().label());
        }
        return calls.goesOn();
    }

    private static boolean isBack(List<Endpoint> ranks) {
        return ranks.stream().anyMatch(rank -> !rank.state().ends());
    }

    private Mono<Void> handOver(Shared prompt) {
        AffinityKey session = prompt.lastSession() == 0
                ? AffinityKey.promptPrefix(prompt.hash())
                : new AffinityKey(KeySource.SESSION, prompt.lastSession());
        Endpoint heir = heirs.of(session, prompt.call().prompt(), prompt.ownPerSecond());
        if (heir == null || !calls.fits(prompt)) {
            return Mono.empty();
        }
        long tokens = calls.tokens(prompt);
        Lease lease = pool.router().inFlight().open(heir.id(), tokens, tokens);
        return lease == null ? Mono.empty() : calls.send(new Call(heir, prompt)).doFinally(signal -> lease.close());
    }

    private void end() {
        Result result = calls.result(!held.isEmpty());
        PoolMeter.PREWARM_HANDOVERS
                .counter(target.registry(), pool.name(), result == Result.WARMED ? "done" : result.label())
                .increment();
        if (result != Result.NOTHING) {
            pool.health().checks().note(ranks.get(0).server(), "cache is handed over", calls.words(held.size()));
        }
    }
}
