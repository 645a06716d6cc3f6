package dev.warmlane.proxy.upstream;

import java.io.IOException;

/** What an engine sent is no response in HTTP, or none that was asked for. A signal, so without a stack trace. */
final class MalformedResponseException extends IOException {
    private static final long serialVersionUID = 1L;

    MalformedResponseException() {
        super("not HTTP");
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
