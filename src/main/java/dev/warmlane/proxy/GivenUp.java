package dev.warmlane.proxy;

import dev.warmlane.health.FailureCause;

/** An answer that is given up because another endpoint may have a better one. A signal, so without a stack trace. */
final class GivenUp extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FailureCause cause;

    /** @param reason what was wrong with it, in a few words without content */
    GivenUp(FailureCause cause, String reason) {
        super(reason, null, false, false);
        this.cause = cause;
    }

    FailureCause failureCause() {
        return cause;
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
