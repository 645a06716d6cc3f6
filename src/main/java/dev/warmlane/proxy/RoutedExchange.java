package dev.warmlane.proxy;

import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.vllm.Transfer;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.proxy.NamedModels.NamedModel;
import dev.warmlane.proxy.access.TokenCharge;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.outcome.RequestProgress;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One request on its way: what was read of it, where it has been tried in vain, and the dispatch that counts now. */
final class RoutedExchange {
    private final Pool pool;
    private volatile RoutingRequest request;
    private final RequestBody body;
    private final @Nullable NamedModel named;
    private final boolean usageAsked;
    private final String requestId;
    private final RequestProgress progress;
    private final @Nullable TokenCharge charge;
    private final @Nullable StoredResponses responses;
    private UnaryOperator<String> namesSaid = UnaryOperator.identity();
    private @Nullable EarlierAttempts earlier;
    private @Nullable Dispatch current;
    private @Nullable UpstreamAttempt attempt;
    private volatile boolean retryDiscouraged;
    private volatile boolean fallingBack;
    private boolean finished;
    /** Read without a lock: most requests have none. */
    private volatile @Nullable ComputedPrompt computed;

    /**
     * A request that has not been sent anywhere.
     *
     * @param body the bytes to send; released by whoever has read it
     * @param named what serves it where its client used a name for a model; null: its client named the model
     * @param usageAsked whether the body asks for a usage chunk that the client did not
     * @param charge what a client that is known pays for it; null: nobody is asked who they are
     * @param responses is told which endpoint made the response; null where engines store none
     */
    RoutedExchange(
            Pool pool,
            RoutingRequest request,
            RequestBody body,
            @Nullable NamedModel named,
            boolean usageAsked,
            String requestId,
            RequestProgress progress,
            @Nullable TokenCharge charge,
            @Nullable StoredResponses responses) {
        this.pool = pool;
        this.request = request;
        this.body = body;
        this.named = named;
        this.usageAsked = usageAsked;
        this.requestId = requestId;
        this.progress = progress;
        this.charge = charge;
        this.responses = responses;
    }

    Pool pool() {
        return pool;
    }

    /** What the client's body says, but for its prompt; its bytes are empty once they are released. */
    RequestBody requestBody() {
        return body;
    }

    /** What serves it where its client used a name for a model; null: its client named the model. */
    @Nullable
    NamedModel named() {
        return named;
    }

    /** The request goes on as a WebSocket, in which models are called by names that its endpoints may not know. */
    void namesSaid(UnaryOperator<String> models) {
        namesSaid = models;
    }

    /** What its endpoint calls the model that a message names. */
    String modelSaid(String name) {
        return namesSaid.apply(name);
    }

    /** This attempt is the one that may end in a response. */
    synchronized void sent(UpstreamAttempt latest) {
        attempt = latest;
    }

    /** The response goes to the client, so the body will not be sent again: a long response must not hold a long prompt. */
    void begun() {
        synchronized (this) {
            if (attempt != null) {
                attempt.begun();
            }
        }
        body.release();
    }

    boolean usageAsked() {
        return usageAsked;
    }

    String requestId() {
        return requestId;
    }

    RoutingRequest request() {
        return request;
    }

    RequestProgress progress() {
        return progress;
    }

    @Nullable
    TokenCharge charge() {
        return charge;
    }

    /** Where it is noted which endpoint made the response; null where engines store none. */
    @Nullable
    StoredResponses responses() {
        return responses;
    }

    /** The prompt has been computed elsewhere; of a request that is finished nobody will fetch it. Returns whether somebody will. */
    synchronized boolean computed(Transfer transfer) {
        if (finished) {
            return false;
        }
        computed = new ComputedPrompt(transfer, System.nanoTime());
        return true;
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
        return earlier == null ? 0 : earlier.prefillCount();
    }

    /** Another leg for the prompt in the place of one that failed; null if no endpoint takes it. */
    synchronized @Nullable Dispatch prefillAgain(Dispatch dispatch, EndpointId failed) {
        if (finished) {
            return null;
        }
        return dispatch.prefillAgain(earlier().prefillFailed(failed));
    }

    /** Where it was sent last; null before the first. */
    synchronized @Nullable EndpointId endpoint() {
        return current == null ? null : current.endpoint().id();
    }

    /** Endpoints that did not take the request so far. */
    synchronized int retries() {
        return earlier == null ? 0 : earlier.count();
    }

    /** Endpoints that it must not be sent to: those that cannot serve it, and those that it was sent to. */
    synchronized Set<EndpointId> excluded() {
        return Set.copyOf(request.withUnsuited(tried()));
    }

    /** Whether the pool has an endpoint that can serve it and has not been tried, full or not. */
    synchronized boolean hasAnother() {
        Set<EndpointId> tried = tried();
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
        return earlier().repetitions(cause);
    }

    /** Whether it may be tried again: it has a place in the budget now, until its response begins, or is finished anyhow. */
    synchronized boolean takePermit(RetryBudget budget) {
        return finished || earlier().takePermit(budget);
    }

    synchronized void returnPermit() {
        if (earlier != null) {
            earlier.returnPermit();
        }
    }

    /** What failed is not tried again here, and would not help if the client did. */
    void discourageRetry() {
        retryDiscouraged = true;
    }

    /** No other endpoint of its model is asked; the next model of the name that its client used can serve it. */
    void fallBack() {
        fallingBack = true;
    }

    boolean isFallingBack() {
        return fallingBack;
    }

    /** Whether the client should not try again by itself: that would multiply what has been tried here. */
    boolean isRetryDiscouraged() {
        return retryDiscouraged || retries() > 0;
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
        Set<EndpointId> excluded = current == null
                ? tried()
                : earlier().triedWith(current.endpoint(), pool.endpoints().snapshot());
        Dispatch next = pool.router().dispatch(request, excluded, current);
        if (next != null) {
            leave(cause);
            current = next;
            progress.routed(next.decision());
        }
        return next;
    }

    /** No endpoint took the request: the last one it was sent to has computed nothing of it. */
    synchronized void giveUp(FailureCause cause) {
        if (current != null && !tried().contains(current.endpoint().id())) {
            progress.givenUp(current.endpoint().name(), cause.label());
            current.failed(cause);
        }
    }

    /** The endpoint that it was sent to has not taken it; the request is not counted there any more. */
    synchronized void leave(FailureCause cause) {
        if (current != null
                && earlier().leave(current.endpoint(), pool.endpoints().snapshot())) {
            progress.left(current.endpoint().name(), cause.label());
            current.failed(cause);
        }
    }

    private EarlierAttempts earlier() {
        if (earlier == null) {
            earlier = new EarlierAttempts();
        }
        return earlier;
    }

    private Set<EndpointId> tried() {
        return earlier == null ? Set.of() : earlier.tried();
    }

    /**
     * Ends whatever is still counted, once.
     *
     * @param left whether the client left before it had the whole response
     */
    synchronized void finish(boolean left) {
        finished = true;
        returnPermit();
        if (current != null) {
            current.close();
        }
        if (charge != null) {
            charge.close(left && current != null);
        }
    }
}
