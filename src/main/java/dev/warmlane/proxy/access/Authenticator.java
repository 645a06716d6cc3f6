package dev.warmlane.proxy.access;

import reactor.core.publisher.Mono;

/** Tells who shows a credential. Safe for concurrent use; never blocks. */
@FunctionalInterface
public interface Authenticator {

    /**
     * Who shows this credential; empty if nobody is known by it. Fails with {@link AccessException} where it is known and may
     * not come in, or where that cannot be told now.
     *
     * @param credential what follows {@code Bearer}
     */
    Mono<Identity> authenticate(String credential);

    /** Asks the other one whom this one does not know. */
    default Authenticator or(Authenticator other) {
        return credential -> authenticate(credential).switchIfEmpty(Mono.defer(() -> other.authenticate(credential)));
    }

    /** Why a credential does not let its bearer in, beyond being unknown. The message is for the client. */
    final class AccessException extends RuntimeException {
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
}
