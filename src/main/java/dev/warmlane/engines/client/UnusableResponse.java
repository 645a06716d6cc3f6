package dev.warmlane.engines.client;

import dev.warmlane.core.health.FailureCause;

/** A response that came and is not used; its message says why in a few words. A signal, so without a stack trace. */
public final class UnusableResponse extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FailureCause cause;

    private UnusableResponse(FailureCause cause, String reason) {
        super(reason, null, false, false);
        this.cause = cause;
    }

    /** It has another status than the one that is of use. */
    public static UnusableResponse status(int status) {
        return new UnusableResponse(FailureCause.UNAVAILABLE, "HTTP " + status);
    }

    /** It has an error status, and means this by it. */
    public static UnusableResponse refusal(int status, FailureCause cause) {
        return new UnusableResponse(
                cause,
                switch (cause) {
                    case FULL -> "queue full";
                    case NO_MODEL -> "model not served";
                    default -> "HTTP " + status;
                });
    }

    /** It has not come, and nobody listens at the endpoint any more. */
    public static UnusableResponse unreachable() {
        return new UnusableResponse(FailureCause.CONNECT, "no longer reachable");
    }

    /** It has not come, and neither does anything else from the endpoint. */
    public static UnusableResponse hung() {
        return new UnusableResponse(FailureCause.TIMEOUT, "nothing comes from it");
    }

    /** The engine stopped before the first token. */
    public static UnusableResponse aborted() {
        return new UnusableResponse(FailureCause.ABORT, "aborted before the first token");
    }

    /** Its content is not what was asked for. */
    public static UnusableResponse content(String reason) {
        return new UnusableResponse(FailureCause.OTHER, reason);
    }

    FailureCause failureCause() {
        return cause;
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
