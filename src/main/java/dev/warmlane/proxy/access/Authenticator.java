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
}
