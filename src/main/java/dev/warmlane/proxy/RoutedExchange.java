package dev.warmlane.proxy;

import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.proxy.NamedModels.NamedModel;
import dev.warmlane.proxy.access.TokenCharge;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.outcome.RequestProgress;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One request on its way to a pool: what was read of it, and its attempts there. */
final class RoutedExchange {
    private final Pool pool;
    private final RequestBody body;
    private final @Nullable NamedModel named;
    private final boolean usageNeeded;
    private final boolean usageAsked;
    private final String requestId;
    private final RequestProgress progress;
    private final @Nullable TokenCharge charge;
    private final @Nullable StoredResponses responses;
    private final Attempts attempts;
    private UnaryOperator<String> namesSaid = UnaryOperator.identity();

    /**
     * A request that has not been sent anywhere.
     *
     * @param request what the pool's router is told of it
     * @param body the bytes to send; released by whoever has read it
     * @param named what serves it where its client used a name for a model; null: its client named the model
     * @param usageNeeded whether the gateway has to know what the request took
     * @param usageAsked whether the body asks for a usage chunk that the client did not
     * @param charge what a client that is known pays for it; null: nobody is asked who they are
     * @param responses is told which endpoint made the response; null where engines store none
     */
    RoutedExchange(
            Pool pool,
            RoutingRequest request,
            RequestBody body,
            @Nullable NamedModel named,
            boolean usageNeeded,
            boolean usageAsked,
            String requestId,
            RequestProgress progress,
            @Nullable TokenCharge charge,
            @Nullable StoredResponses responses) {
        this.pool = pool;
        this.body = body;
        this.named = named;
        this.usageNeeded = usageNeeded;
        this.usageAsked = usageAsked;
        this.requestId = requestId;
        this.progress = progress;
        this.charge = charge;
        this.responses = responses;
        this.attempts = new Attempts(pool, request, progress);
    }

    Pool pool() {
        return pool;
    }

    /** Where it is in the pool, and where it was tried before. */
    Attempts attempts() {
        return attempts;
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

    /** Whether the gateway has to know what the request took. */
    boolean usageNeeded() {
        return usageNeeded;
    }

    /** Whether the gateway has to find something in the response. */
    boolean readsResponse() {
        return usageNeeded || responses != null;
    }

    boolean usageAsked() {
        return usageAsked;
    }

    String requestId() {
        return requestId;
    }

    RequestProgress progress() {
        return progress;
    }

    @Nullable
    TokenCharge charge() {
        return charge;
    }

    /** The table of who made which stored response; null where engines store none. */
    @Nullable
    StoredResponses responses() {
        return responses;
    }

    /** The response goes to the client, so the body will not be sent again: a long response must not hold a long prompt. */
    void begun() {
        attempts.begun();
        body.release();
    }

    /**
     * Ends whatever is still counted, once.
     *
     * @param left whether the client left before it had the whole response
     */
    void finish(boolean left) {
        boolean dispatched = attempts.finish();
        if (charge != null) {
            charge.close(left && dispatched);
        }
    }
}
