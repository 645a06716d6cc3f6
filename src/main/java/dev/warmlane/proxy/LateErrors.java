package dev.warmlane.proxy;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Hooks;

/**
 * Errors that reach nobody, because the request they belong to is over. Reactor Netty tells the error that ended a request's
 * body a second time when its answer is written, and Reactor logs that with a stack trace: a line for each slow client.
 */
public final class LateErrors {
    private static final Logger log = LoggerFactory.getLogger(LateErrors.class);

    private LateErrors() {}

    /** Logs them from now on in this JVM, other than those that a client was told. */
    public static void logUntold() {
        Hooks.onErrorDropped(LateErrors::dropped);
    }

    private static void dropped(Throwable error) {
        if (!(error instanceof ApiException)) {
            log.warn("an error came when its request was over", error);
        }
    }
}
