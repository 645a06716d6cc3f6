package dev.warmlane.engines.probe;

import io.netty.channel.ConnectTimeoutException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import reactor.netty.http.client.PrematureCloseException;

/** What went wrong with a scrape, in the few words that operators read; never anything that the endpoint or a key said. */
final class ScrapeFailure {
    private ScrapeFailure() {}

    /** @param timeout what the request was given */
    static String describe(Throwable failure, Duration timeout) {
        if (failure instanceof ScrapeException) {
            return String.valueOf(failure.getMessage());
        }
        if (failure instanceof TimeoutException) {
            return "timeout after " + ShortDuration.of(timeout);
        }
        if (failure instanceof ConnectTimeoutException) {
            return "connect timeout";
        }
        if (failure instanceof ConnectException
                && String.valueOf(failure.getMessage()).contains("refused")) {
            return "connection refused";
        }
        if (failure instanceof UnknownHostException) {
            return "unknown host";
        }
        if (failure instanceof PrematureCloseException) {
            return "connection closed early";
        }
        if (failure instanceof SSLException) {
            return "TLS failed";
        }
        if (failure instanceof IOException) {
            return "connection failed";
        }
        return failure.getClass().getSimpleName();
    }
}
