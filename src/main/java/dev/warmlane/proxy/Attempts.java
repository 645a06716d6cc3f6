package dev.warmlane.proxy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.vllm.Transfer;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.proxy.outcome.RequestProgress;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where one request is in its pool, and where it was tried before: the dispatch that counts now, the endpoints that failed, and its
 * place in the {@link RetryBudget}. Most requests fail nowhere. Safe for concurrent use: a client may leave at any time.
 */
final class Attempts {
    private final Pool pool;
    private final RequestProgress progress;
    private volatile RoutingRequest request;
    /** Endpoints that have been given up, with all ranks of their servers. */
    private Set<EndpointId> tried = Set.of();
    /** Endpoints that have failed to compute the prompt for another. */
    private Set<EndpointId> prefillTried = Set.of();

    private int retries;
    private @Nullable FailureCause lastCause;
    private int repetitions;
    private @Nullable RetryBudget permit;
    private @Nullable RetryBudget entered;
    private @Nullable Dispatch current;
    private @Nullable UpstreamAttempt sent;
    private volatile boolean retryDiscouraged;
    private volatile boolean fallingBack;
    private boolean finished;
    /** Read without a lock: most requests have none. */
    private volatile @Nullable ComputedPrompt computed;

    /** A request that was sent nowhere yet. */
    Attempts(Pool pool, RoutingRequest request, RequestProgress progress) {
        this.pool = pool;
        this.request = request;
        this.progress = progress;
    }

    /** What the pool's router is told of it. */
    RoutingRequest request() {
        return request;
    }

    /**
     * Dispatches to the next endpoint in preference order. The one before, if any, is given up. A request that is finished
     * meanwhile, because the client left, gets none.
     *
     * @param cause why the one before did not take the request; without meaning at the first
     */
    synchronized @Nullable Dispatch next(FailureCause cause) {
        if (finished) {
            return null;
        }
        Set<EndpointId> excluded = tried;
        if (current != null) {
            excluded = triedWith(current.endpoint());
            excluded.addAll(prefillTried);
        }
        Dispatch next = pool.router().dispatch(request, excluded, current);
        if (next != null) {
            leave(cause);
            current = next;
        }
        return next;
    }

    /** It is among the active requests of its pool, by which the budget is reckoned, until it is finished. */
    synchronized void enter(RetryBudget budget) {
        if (!finished) {
            budget.requestBegan();
            entered = budget;
        }
    }

    /** This attempt is the one that may end in a response. */
    synchronized void sent(UpstreamAttempt latest) {
        sent = latest;
    }

    /** The response goes to the client, so nothing is tried again. */
    synchronized void begun() {
        if (sent != null) {
            sent.begun();
        }
    }

    /** Where it was sent last; null before the first. */
    synchronized @Nullable EndpointId endpoint() {
        return current == null ? null : current.endpoint().id();
    }

    /** The endpoint that it was sent to has not taken it; the request is not counted there any more. */
    synchronized void leave(FailureCause cause) {
        if (current == null) {
            return;
        }
        boolean first = !tried.contains(current.endpoint().id());
        tried = triedWith(current.endpoint());
        if (first) {
            retries++;
            progress.left(current.endpoint().name(), cause.label());
            current.failed(cause);
        }
    }

    /** No endpoint took the request: the last one it was sent to has computed nothing of it. */
    synchronized void giveUp(FailureCause cause) {
        if (current != null && !tried.contains(current.endpoint().id())) {
            progress.givenUp(current.endpoint().name(), cause.label());
            current.failed(cause);
        }
    }

    /** All ranks of a server fail together. */
    private Set<EndpointId> triedWith(Endpoint endpoint) {
        Set<EndpointId> all = new HashSet<>(tried);
        all.add(endpoint.id());
        if (endpoint.id().isRank()) {
            pool.endpoints().snapshot().atServerOf(endpoint.id()).forEach(rank -> all.add(rank.id()));
        }
        return all;
    }

    /** Endpoints that did not take the request so far; the ranks of a server are one. */
    synchronized int retries() {
        return retries;
    }

    /** Endpoints that it must not be sent to: those that cannot serve it, and those that it was sent to. */
    synchronized Set<EndpointId> excluded() {
        return Set.copyOf(request.withUnsuited(tried));
    }

    /** Whether the pool has an endpoint that can serve it and has not been tried, full or not. */
    synchronized boolean hasAnother() {
        EndpointId underWay = current == null ? null : current.endpoint().id().server();
        for (Endpoint endpoint : pool.endpoints().snapshot().selectable()) {
            EndpointId id = endpoint.id();
            if (!id.server().equals(underWay)
                    && !tried.contains(id)
                    && !request.unsuited().contains(id)) {
                return true;
            }
        }
        return false;
    }

    /** The endpoints believed to have its model have refused it. What is believed of the others is just as old, so any may be asked. */
    synchronized void askAnywhere() {
        if (!hasAnother()) {
            request = request.anywhere();
        }
    }

    /** Notes why an attempt failed, and says how often in a row it was for this cause before. */
    synchronized int repetitions(FailureCause cause) {
        repetitions = cause == lastCause ? repetitions + 1 : 0;
        lastCause = cause;
        return repetitions;
    }

    /** Whether it may be tried again: it has a place in the budget now, until its response begins, or is finished anyhow. */
    synchronized boolean takePermit(RetryBudget budget) {
        if (permit == null && !finished && budget.tryAcquire()) {
            permit = budget;
        }
        return finished || permit != null;
    }

    synchronized void returnPermit() {
        if (permit != null) {
            permit.release();
            permit = null;
        }
    }

    /** What failed is not tried again here, and would not help if the client did. */
    void discourageRetry() {
        retryDiscouraged = true;
    }

    /** Whether the client should not try again by itself: that would multiply what has been tried here. */
    boolean isRetryDiscouraged() {
        return retryDiscouraged || retries() > 0;
    }

    /** No other endpoint of its model is asked; the next model of the name that its client used can serve it. */
    void fallBack() {
        fallingBack = true;
    }

    boolean isFallingBack() {
        return fallingBack;
    }

    /** The prompt has been computed elsewhere; of a request that is finished nobody will fetch it. Returns whether somebody will. */
    synchronized boolean computed(Transfer transfer) {
        if (!finished) {
            computed = new ComputedPrompt(transfer, System.nanoTime());
        }
        return !finished;
    }

    /** What the endpoint is to fetch; null where it computes the prompt itself. */
    @Nullable
    ComputedPrompt computed() {
        return computed;
    }

    /** Whoever was told to fetch the prompt has failed; it is computed anew. */
    void forgetComputed() {
        computed = null;
    }

    /** Endpoints that have failed to compute the prompt for another. */
    synchronized int prefillRetries() {
        return prefillTried.size();
    }

    /** Another leg for the prompt in the place of one that failed; null if no endpoint takes it. */
    synchronized @Nullable Dispatch prefillAgain(Dispatch dispatch, EndpointId failed) {
        if (finished) {
            return null;
        }
        Set<EndpointId> all = new HashSet<>(prefillTried);
        all.add(failed);
        prefillTried = all;
        return dispatch.prefillAgain(all);
    }

    /** Ends whatever is still counted, once. Returns whether it was sent anywhere. */
    synchronized boolean finish() {
        finished = true;
        returnPermit();
        if (entered != null) {
            entered.requestEnded();
            entered = null;
        }
        if (current != null) {
            current.close();
        }
        return current != null;
    }
}
