package dev.warmlane.proxy.upstream;

import dev.warmlane.core.health.FailureCause;

/** A response that is given up because another endpoint may have a better one. A signal, so without a stack trace. */
public final class AttemptAbandoned extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FailureCause cause;

    private AttemptAbandoned(FailureCause cause, String reason) {
        super(reason, null, false, false);
        this.cause = cause;
    }

    public static AttemptAbandoned unavailable(int status) {
        return new AttemptAbandoned(FailureCause.UNAVAILABLE, "answered " + status);
    }

    /** The engine stopped before the first token. */
    public static AttemptAbandoned aborted() {
        return new AttemptAbandoned(FailureCause.ABORT, "aborted before the first token");
    }

    FailureCause failureCause() {
        return cause;
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
