package dev.warmlane.engines.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.engines.client.EngineFailure.RefusedResponse;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import io.netty.channel.ChannelException;
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
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.netty.channel.AbortedException;

class EngineFailureTest {

    @ParameterizedTest
    @MethodSource
    void hasOneNameAndOneMeaning(Throwable failure, String reason, FailureCause cause, boolean retryable) {
        assertThat(EngineFailure.of(failure)).isEqualTo(new EngineFailure(reason, cause, retryable));
    }

    static Stream<Arguments> hasOneNameAndOneMeaning() {
        Throwable untrusted = new SSLHandshakeException("no");
        untrusted.initCause(new SSLException(new CertificateException("expired")));
        return Stream.of(
                Arguments.of(new ConnectTimeoutException("10.0.0.1"), "connect timeout", FailureCause.CONNECT, true),
                Arguments.of(
                        new SslHandshakeTimeoutException("handshake timed out after 2000ms"),
                        "connect timeout",
                        FailureCause.CONNECT,
                        true),
                Arguments.of(
                        new ConnectException("Connection refused: /10.0.0.1"),
                        "connection refused",
                        FailureCause.CONNECT,
                        true),
                Arguments.of(
                        new ConnectException("Network is unreachable"), "host unreachable", FailureCause.CONNECT, true),
                Arguments.of(new NoRouteToHostException(), "host unreachable", FailureCause.CONNECT, true),
                Arguments.of(new UnknownHostException("engine"), "unknown host", FailureCause.CONNECT, true),
                Arguments.of(new ClosedChannelException(), "closed early", FailureCause.RESET, true),
                Arguments.of(AbortedException.beforeSend(), "closed early", FailureCause.RESET, true),
                Arguments.of(new NotYetConnectedException(), "closed early", FailureCause.RESET, true),
                Arguments.of(
                        new ChannelException(new IOException("newSocketStream(..) failed: Too many open files")),
                        "no file descriptors left",
                        FailureCause.OTHER,
                        false),
                Arguments.of(
                        new ConnectException("connect(..) failed with error(-99): Cannot assign requested address"),
                        "no local ports left",
                        FailureCause.OTHER,
                        true),
                Arguments.of(new IOException("Connection reset by peer"), "reset", FailureCause.RESET, true),
                Arguments.of(new SSLException("no"), "TLS failed", FailureCause.RESET, true),
                Arguments.of(untrusted, "certificate not trusted", FailureCause.RESET, true),
                Arguments.of(
                        new DecoderException(
                                new SSLHandshakeException("(bad_certificate) Received fatal alert: bad_certificate")),
                        "client certificate refused",
                        FailureCause.RESET,
                        true),
                Arguments.of(
                        new DecoderException(new SSLException("bad record MAC")),
                        "TLS failed",
                        FailureCause.RESET,
                        true),
                Arguments.of(new DecoderException("ours"), "DecoderException", FailureCause.OTHER, false),
                Arguments.of(RefusedResponse.notHttp("not HTTP"), "not HTTP", FailureCause.RESET, true),
                Arguments.of(RefusedResponse.tooLarge("too large"), "too large", FailureCause.OTHER, false),
                Arguments.of(ReadTimeoutException.INSTANCE, "timeout", FailureCause.TIMEOUT, true),
                Arguments.of(new TimeoutException(), "no connection free", FailureCause.OTHER, true),
                Arguments.of(new RejectedExecutionException(), "no connection free", FailureCause.OTHER, true),
                Arguments.of(UnusableResponse.status(503), "HTTP 503", FailureCause.UNAVAILABLE, true),
                Arguments.of(UnusableResponse.aborted(), "aborted before the first token", FailureCause.ABORT, true),
                Arguments.of(new IllegalStateException("ours"), "IllegalStateException", FailureCause.OTHER, false));
    }
}
