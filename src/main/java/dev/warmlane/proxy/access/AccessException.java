package dev.warmlane.proxy.access;

/** Why a credential does not let its bearer in, beyond being unknown. The message is for the client. */
public final class AccessException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /** What stands in the way. */
    public enum Reason {
        /** The credential is good, and its bearer has nothing to do here. */
        FORBIDDEN,
        /** Whoever could tell does not answer. */
        UNAVAILABLE
    }

    AccessException(Reason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
