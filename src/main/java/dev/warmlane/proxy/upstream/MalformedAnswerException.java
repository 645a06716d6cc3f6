package dev.warmlane.proxy.upstream;

import java.io.IOException;

/** What an engine sent is no answer in HTTP, or none that was asked for. A signal, so without a stack trace. */
final class MalformedAnswerException extends IOException {
    private static final long serialVersionUID = 1L;

    MalformedAnswerException() {
        super("not HTTP");
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
