package dev.warmlane.proxy.outcome;

/** Is told of requests that are over. */
@FunctionalInterface
public interface OutcomeListener {

    /** Called once for each request, on whatever thread it ended. Must not block. */
    void ended(RequestOutcome outcome);

    /** One that tells this one first, then the other. */
    default OutcomeListener andThen(OutcomeListener next) {
        return outcome -> {
            ended(outcome);
            next.ended(outcome);
        };
    }
}
