package dev.warmlane.engines.client;

import java.io.IOException;

/**
 * What an engine sent is no HTTP response, not one that was asked for, or more of one than may be. Its message says why in a
 * few words. A signal, so without a stack trace.
 */
public final class RefusedResponse extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean ofTheRequest;

    private RefusedResponse(String reason, boolean ofTheRequest) {
        super(reason);
        this.ofTheRequest = ofTheRequest;
    }

    /** The engine does not speak HTTP as it should. It fails as a broken connection does. */
    public static RefusedResponse notHttp(String reason) {
        return new RefusedResponse(reason, false);
    }

    /** The engine has answered, and another would probably answer the request no better. */
    static RefusedResponse tooLarge(String reason) {
        return new RefusedResponse(reason, true);
    }

    boolean isOfTheRequest() {
        return ofTheRequest;
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
