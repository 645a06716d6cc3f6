package dev.warmlane.proxy.upstream;

import static java.util.Objects.requireNonNullElse;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.HealthListener;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import dev.warmlane.settings.HealthSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;

/**
 * The attempts that are under way at each endpoint. When a health check finds that an endpoint hangs or is gone, attempts that wait
 * for their first byte go elsewhere, and those that have begun wait only a short time for the rest. Safe for concurrent use.
 */
public final class AttemptsUnderWay implements HealthListener {
    private final Map<EndpointId, Set<UpstreamAttempt>> attempts = new ConcurrentHashMap<>();
    private final int moveWaiting;
    private final Duration refusedIdleTimeout;

    /** @param settings say how long a response may be silent at an endpoint where nobody listens any more */
    public AttemptsUnderWay(HealthSettings settings) {
        this.moveWaiting = settings.moveWaiting();
        this.refusedIdleTimeout = settings.refusedIdleTimeout();
    }

    /** An attempt at an endpoint, ended when it is over, whatever way. Fails with why it was broken off from here, if it was. */
    public Mono<Void> follow(UpstreamAttempt attempt, EndpointId endpoint, Mono<Void> sent) {
        return sent.doFinally(signal -> {
                    remove(endpoint, attempt);
                    attempt.end();
                })
                // Before anybody can cancel: a removal that came first would leave it there for good.
                .doFirst(() -> add(endpoint, attempt))
                .onErrorMap(failure -> requireNonNullElse(attempt.abandoned(), failure));
    }

    private void add(EndpointId endpoint, UpstreamAttempt attempt) {
        attempts.compute(endpoint, (id, others) -> {
            Set<UpstreamAttempt> all = others == null ? ConcurrentHashMap.newKeySet() : others;
            all.add(attempt);
            return all;
        });
    }

    private void remove(EndpointId endpoint, UpstreamAttempt attempt) {
        attempts.computeIfPresent(endpoint, (id, all) -> {
            all.remove(attempt);
            return all.isEmpty() ? null : all;
        });
    }

    @Override
    public void checkFailed(Endpoint endpoint, FailureCause cause, int inARow, boolean silent) {
        // One that still gets new requests is one of many that hang: elsewhere is no better.
        boolean avoided = !endpoint.state().acceptsNew();
        if (cause == FailureCause.TIMEOUT && silent && avoided && moveWaiting > 0 && inARow >= moveWaiting) {
            at(endpoint).forEach(attempt -> attempt.abandon(UnusableResponse.hung()));
        }
    }

    @Override
    public void refused(Endpoint endpoint) {
        at(endpoint).forEach(attempt -> {
            attempt.abandon(UnusableResponse.unreachable());
            attempt.limitSilence(refusedIdleTimeout);
        });
    }

    private List<UpstreamAttempt> at(Endpoint endpoint) {
        return List.copyOf(attempts.getOrDefault(endpoint.id(), Set.of()));
    }
}
