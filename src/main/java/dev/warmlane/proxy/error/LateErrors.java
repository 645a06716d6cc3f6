package dev.warmlane.proxy.error;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.warmlane.proxy.error.FailureLog.LogRateLimit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Hooks;

/**
 * Errors that reach nobody, because the request they belong to is over. Reactor Netty tells the error that ended a request's
 * body a second time when its response is written, and Reactor logs that with a stack trace: a line for each slow client. Here
 * those that a client was told are left out, and of the others at most one a second of each kind is logged.
 */
public final class LateErrors {
    private static final Logger log = LoggerFactory.getLogger(LateErrors.class);
    private static final long MAX_KINDS = 100;

    private final LongSupplier nanoTime;
    private final Cache<Class<?>, LogRateLimit> kinds =
            Caffeine.newBuilder().maximumSize(MAX_KINDS).build();

    /** @param nanoTime the clock, as {@link System#nanoTime} */
    LateErrors(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Logs them from now on in this JVM. */
    public static void logUntold() {
        Hooks.onErrorDropped(new LateErrors(System::nanoTime)::dropped);
    }

    void dropped(Throwable error) {
        if (error instanceof ApiException) {
            return;
        }
        long now = nanoTime.getAsLong();
        int leftOut = kinds.get(error.getClass(), kind -> new LogRateLimit(now)).next(now);
        if (leftOut != LogRateLimit.LEFT_OUT) {
            log.warn(LogRateLimit.text("an error came when its request was over", leftOut), error);
        }
    }
}
