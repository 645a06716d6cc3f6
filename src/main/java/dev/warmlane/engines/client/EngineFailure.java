package dev.warmlane.engines.client;

import dev.warmlane.core.health.HealthWatch.FailureCause;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.handler.timeout.ReadTimeoutException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.security.cert.CertificateException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.client.PrematureCloseException;

/**
 * Why an exchange with an endpoint failed: the one classification, for retries, health, logs, scrape errors and what clients
 * are told. Immutable.
 *
 * @param reason a few words without addresses or content
 * @param cause what it says of the endpoint
 * @param retryable whether the endpoint gave no response, so that another may be asked
 */
public record EngineFailure(String reason, FailureCause cause, boolean retryable) {
    private static final EngineFailure CONNECT_TIMEOUT = new EngineFailure("connect timeout", FailureCause.CONNECT);
    private static final EngineFailure REFUSED = new EngineFailure("connection refused", FailureCause.CONNECT);
    private static final EngineFailure UNREACHABLE = new EngineFailure("host unreachable", FailureCause.CONNECT);
    private static final EngineFailure UNKNOWN_HOST = new EngineFailure("unknown host", FailureCause.CONNECT);
    private static final EngineFailure CLOSED_EARLY = new EngineFailure("closed early", FailureCause.RESET);
    private static final EngineFailure RESET = new EngineFailure("reset", FailureCause.RESET);
    private static final EngineFailure TLS_FAILED = new EngineFailure("TLS failed", FailureCause.RESET);
    private static final EngineFailure UNTRUSTED = new EngineFailure("certificate not trusted", FailureCause.RESET);
    private static final EngineFailure NOT_TRUSTED_BY_IT =
            new EngineFailure("client certificate refused", FailureCause.RESET);
    private static final EngineFailure TIMEOUT = new EngineFailure("timeout", FailureCause.TIMEOUT);
    private static final EngineFailure NO_CONNECTION_FREE = new EngineFailure("no connection free", FailureCause.OTHER);
    private static final EngineFailure NO_DESCRIPTORS =
            new EngineFailure("no file descriptors left", FailureCause.OTHER, false);

    /** All are taken towards this endpoint; another may have some left. */
    private static final EngineFailure NO_PORTS = new EngineFailure("no local ports left", FailureCause.OTHER);

    private EngineFailure(String reason, FailureCause cause) {
        this(reason, cause, true);
    }

    /** Whether time ran out, which may as well be this process' fault as the endpoint's. */
    public boolean isLate() {
        return equals(TIMEOUT) || equals(CONNECT_TIMEOUT);
    }

    /** Whether this process had nothing left to connect with, so that no endpoint was asked. */
    public boolean isOurs() {
        return equals(NO_DESCRIPTORS) || equals(NO_PORTS);
    }

    /** Whether nobody listens at the endpoint. */
    public boolean isRefused() {
        return equals(REFUSED);
    }

    /** The failure that an exchange ended with. What is known by no name has that of its exception, and is not retryable. */
    public static EngineFailure of(Throwable failure) {
        if (failure instanceof UnusableResponse unusable) {
            return new EngineFailure(unusable.reason(), unusable.failureCause());
        }
        if (says(failure, "Too many open files")) {
            return NO_DESCRIPTORS;
        }
        if (says(failure, "Cannot assign requested address")) {
            return NO_PORTS;
        }
        if (failure instanceof IOException) {
            return ofConnection(failure);
        }
        // What comes after our end of the handshake is over, such as that the engine does not trust us: TLS 1.3.
        if (failure instanceof DecoderException && failure.getCause() instanceof SSLException) {
            return ofConnection(failure.getCause());
        }
        if (failure instanceof ReadTimeoutException) {
            return TIMEOUT;
        }
        // A connection that the engine had just closed fails like this, too.
        if (failure instanceof AbortedException || failure instanceof NotYetConnectedException) {
            return CLOSED_EARLY;
        }
        // The connection pool's ways of saying that too many requests wait, or one has waited too long.
        if (failure instanceof TimeoutException || failure instanceof RejectedExecutionException) {
            return NO_CONNECTION_FREE;
        }
        return new EngineFailure(failure.getClass().getSimpleName(), FailureCause.OTHER, false);
    }

    /** Netty wraps it in exceptions of several kinds, for a connection as for a DNS query; the kernel's words are always there. */
    private static boolean says(Throwable failure, String words) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (String.valueOf(cause.getMessage()).contains(words)) {
                return true;
            }
        }
        return false;
    }

    private static EngineFailure ofConnection(Throwable failure) {
        if (failure instanceof ConnectTimeoutException || failure instanceof SslHandshakeTimeoutException) {
            return CONNECT_TIMEOUT;
        }
        if (failure instanceof ConnectException) {
            return String.valueOf(failure.getMessage()).contains("refused") ? REFUSED : UNREACHABLE;
        }
        if (failure instanceof NoRouteToHostException) {
            return UNREACHABLE;
        }
        if (failure instanceof UnknownHostException) {
            return UNKNOWN_HOST;
        }
        if (failure instanceof SSLException) {
            return isUntrusted(failure) ? UNTRUSTED : isRefusedByIt(failure) ? NOT_TRUSTED_BY_IT : TLS_FAILED;
        }
        if (failure instanceof RefusedResponse refused) {
            String reason = String.valueOf(refused.getMessage());
            return refused.isOfTheRequest()
                    ? new EngineFailure(reason, FailureCause.OTHER, false)
                    : new EngineFailure(reason, FailureCause.RESET);
        }
        return failure instanceof PrematureCloseException || failure instanceof ClosedChannelException
                ? CLOSED_EARLY
                : RESET;
    }

    /** Whether the certificate is the reason: of an unknown issuer, for another name, or expired. */
    private static boolean isUntrusted(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    /** Whether the engine says that our certificate is the reason, or that we have none. */
    private static boolean isRefusedByIt(Throwable failure) {
        String alert = String.valueOf(failure.getMessage());
        return alert.contains("fatal alert") && (alert.contains("certificate") || alert.contains("unknown_ca"));
    }

    /** A response that came and is not used; its message says why in a few words. A signal, so without a stack trace. */
    public static final class UnusableResponse extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final FailureCause cause;

        private UnusableResponse(FailureCause cause, String reason) {
            super(reason, null, false, false);
            this.cause = cause;
        }

        /** It has another status than the one that is of use. */
        public static UnusableResponse status(int status) {
            return new UnusableResponse(FailureCause.UNAVAILABLE, "HTTP " + status);
        }

        /** It has an error status, and means this by it. */
        public static UnusableResponse refusal(int status, FailureCause cause) {
            return new UnusableResponse(
                    cause,
                    switch (cause) {
                        case FULL -> "queue full";
                        case NO_MODEL -> "model not served";
                        default -> "HTTP " + status;
                    });
        }

        /** It has not come, and nobody listens at the endpoint any more. */
        public static UnusableResponse unreachable() {
            return new UnusableResponse(FailureCause.CONNECT, "no longer reachable");
        }

        /** It has not come, and neither does anything else from the endpoint. */
        public static UnusableResponse hung() {
            return new UnusableResponse(FailureCause.TIMEOUT, "nothing comes from it");
        }

        /** The engine stopped before the first token. */
        public static UnusableResponse aborted() {
            return new UnusableResponse(FailureCause.ABORT, "aborted before the first token");
        }

        /** Its content is not what was asked for. */
        public static UnusableResponse content(String reason) {
            return new UnusableResponse(FailureCause.OTHER, reason);
        }

        FailureCause failureCause() {
            return cause;
        }

        String reason() {
            return String.valueOf(getMessage());
        }
    }

    /**
     * What an engine sent is no HTTP response, not one that was asked for, or more of one than may be. Its message says why in a
     * few words. A signal, so without a stack trace.
     */
    public static final class RefusedResponse extends IOException {
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
}
