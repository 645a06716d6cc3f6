package dev.warmlane.core.routing;

/**
 * What a request would cost at one endpoint, term by term, in prefill tokens.
 *
 * @param waiting for what the endpoint computes already
 * @param computing what it does not hold, as far as others will not use it
 * @param delaying the others in flight there
 * @param decoding that the prompts in flight slow down
 * @param loading its adapter, where that is not there; 0 where it needs none or nobody tells
 * @param transferring what it does not hold from the endpoint that computes it
 * @param staying what it is worth that the request's key is bound there; taken off
 */
public record Cost(
        double waiting,
        double computing,
        double delaying,
        double decoding,
        double loading,
        double transferring,
        double staying) {

    /** Without a transfer. */
    public Cost(double waiting, double computing, double delaying, double decoding, double loading, double staying) {
        this(waiting, computing, delaying, decoding, loading, 0, staying);
    }

    /** All of it; the smallest wins. */
    public double total() {
        return waiting + computing + delaying + decoding + loading + transferring - staying;
    }
}
