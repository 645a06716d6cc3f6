package dev.warmlane.proxy.upstream;

import dev.warmlane.core.health.FailureCause;

/** An answer that is given up because another endpoint may have a better one. A signal, so without a stack trace. */
public final class GivenUp extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FailureCause cause;

    private GivenUp(FailureCause cause, String reason) {
        super(reason, null, false, false);
        this.cause = cause;
    }

    public static GivenUp unavailable(int status) {
        return new GivenUp(FailureCause.UNAVAILABLE, "answered " + status);
    }

    /** The engine stopped before the first token. */
    public static GivenUp aborted() {
        return new GivenUp(FailureCause.ABORT, "aborted before the first token");
    }

    FailureCause failureCause() {
        return cause;
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
