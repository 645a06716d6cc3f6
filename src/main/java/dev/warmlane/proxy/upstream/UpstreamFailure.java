package dev.warmlane.proxy.upstream;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.health.FailureCause;
import dev.warmlane.proxy.error.ApiException;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.timeout.ReadTimeoutException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.NotYetConnectedException;
import java.security.cert.CertificateException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.client.PrematureCloseException;

/** What a failed exchange with an endpoint means to the client and to the operator. */
public final class UpstreamFailure {
    private UpstreamFailure() {}

    /** Whether the endpoint gave no response, so that another may be asked. */
    public static boolean isRetryable(Throwable failure) {
        return isConnectionLost(failure)
                || isNoConnectionFree(failure)
                || failure instanceof AttemptAbandoned
                || failure instanceof ReadTimeoutException;
    }

    /** A connection that its server had just closed fails with an abort, or as one never made, rather than an I/O error. */
    private static boolean isConnectionLost(Throwable failure) {
        return failure instanceof IOException
                || failure instanceof AbortedException
                || failure instanceof NotYetConnectedException;
    }

    /** The connection pool's ways of saying that too many requests wait, or one has waited too long. */
    private static boolean isNoConnectionFree(Throwable failure) {
        return failure instanceof TimeoutException || failure instanceof RejectedExecutionException;
    }

    /** What it says of the endpoint. */
    public static FailureCause cause(Throwable failure) {
        if (failure instanceof AttemptAbandoned givenUp) {
            return givenUp.failureCause();
        }
        if (failure instanceof ReadTimeoutException) {
            return FailureCause.TIMEOUT;
        }
        if (failure instanceof ConnectException
                || failure instanceof NoRouteToHostException
                || failure instanceof UnknownHostException) {
            return FailureCause.CONNECT;
        }
        return isConnectionLost(failure) ? FailureCause.RESET : FailureCause.OTHER;
    }

    public static ApiException toApi(Throwable failure, Endpoint endpoint) {
        if (failure instanceof ApiException api) {
            return api;
        }
        String message = "Endpoint %s failed: %s.".formatted(endpoint.name(), reason(failure));
        return failure instanceof ReadTimeoutException
                ? ApiException.upstreamTimeout(message)
                : ApiException.upstreamFailed(message);
    }

    /** Whether the endpoint's certificate is the reason: of an unknown issuer, for another name, or expired. */
    private static boolean isUntrusted(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    /** A few words without addresses or content. */
    public static String reason(Throwable failure) {
        if (failure instanceof ReadTimeoutException) {
            return "no answer in time";
        }
        if (failure instanceof AttemptAbandoned givenUp) {
            return givenUp.reason();
        }
        if (failure instanceof ApiException api) {
            return api.code();
        }
        if (failure instanceof ConnectTimeoutException) {
            return "connecting timed out";
        }
        if (failure instanceof ConnectException) {
            return "connection refused";
        }
        if (failure instanceof SSLException) {
            return isUntrusted(failure) ? "its certificate is not trusted" : "TLS failed";
        }
        if (failure instanceof PrematureCloseException) {
            return "connection closed before the answer was complete";
        }
        if (isNoConnectionFree(failure)) {
            return "no connection free";
        }
        if (failure instanceof MalformedResponseException) {
            return "its answer is not HTTP";
        }
        return isConnectionLost(failure)
                ? "connection lost"
                : failure.getClass().getSimpleName();
    }
}
