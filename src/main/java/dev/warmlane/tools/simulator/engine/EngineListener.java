package dev.warmlane.tools.simulator.engine;

/**
 * Hears what becomes of a request, on the thread that drives the engine. It may submit and cancel requests from within; what
 * it submits enters the next step.
 */
public interface EngineListener {
    /** Hears nothing. */
    EngineListener NONE = new EngineListener() {};

    /**
     * A token was generated; {@link EngineSequence#generatedTokens()} counts it, so it is 1 at the first token.
     *
     * @param nowNanos the end of the step that computed it
     */
    default void token(EngineSequence sequence, long nowNanos) {}

    /** The request ended and holds no block any more; called exactly once, after its last token or on cancellation. */
    default void finished(EngineSequence sequence, FinishReason reason, long nowNanos) {}
}
