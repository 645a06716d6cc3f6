package dev.warmlane.proxy.upstream;

import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.proxy.error.ApiException;
import io.netty.handler.timeout.ReadTimeoutException;

/** What a failed upstream attempt means to the client. */
public final class UpstreamFailure {
    private UpstreamFailure() {}

    /** Why it failed. An end of the gateway's own, such as its shutdown, says nothing of the endpoint and is not retryable. */
    public static EngineFailure of(Throwable failure) {
        return failure instanceof ApiException api
                ? new EngineFailure(api.code(), FailureCause.OTHER, false)
                : EngineFailure.of(failure);
    }

    /**
     * The error for the client if no endpoint takes the request: 504 for a timeout, 503 for a lack of the gateway's own, else 502. It
     * names no endpoint; the log does.
     */
    public static ApiException toApi(Throwable failure) {
        if (failure instanceof ApiException api) {
            return api;
        }
        if (of(failure).isOurs()) {
            return ApiException.outOfResources();
        }
        String message = "The endpoint failed: %s.".formatted(of(failure).reason());
        return failure instanceof ReadTimeoutException
                ? ApiException.upstreamTimeout(message)
                : ApiException.upstreamFailed(message);
    }
}
