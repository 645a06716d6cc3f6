package dev.warmlane.engines.probe;

/** A response that cannot be used; the message says why in a few words. Without a stack trace, for it is no bug of ours. */
final class ScrapeException extends RuntimeException {
    ScrapeException(String message) {
        super(message, null, false, false);
    }
}
