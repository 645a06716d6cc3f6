package dev.warmlane.proxy.error;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.warmlane.core.log.LogRateLimit;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Hooks;
import reactor.netty.channel.AbortedException;

/**
 * Logs what endpoints do wrong: at most one line a second for each endpoint and failure, with the number of those left out.
 * An endpoint that dies under load fails hundreds of requests at once, all in the same way. Safe for concurrent use.
 */
public final class FailureLog {
    private static final long MAX_LINES = 1000;
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final Consumer<String> log;
    private final LongSupplier nanoTime;
    private final Cache<Failure, LogRateLimit> lines =
            Caffeine.newBuilder().maximumSize(MAX_LINES).build();

    /** @param nanoTime the clock, as {@link System#nanoTime} */
    public FailureLog(Consumer<String> log, LongSupplier nanoTime) {
        this.log = log;
        this.nanoTime = nanoTime;
    }

    /**
     * @param what what has failed and what follows, from a closed set
     * @param reason a few words without addresses or content
     */
    public void note(String endpoint, String what, String reason) {
        int leftOut = lines.get(new Failure(endpoint, what, reason), failure -> new LogRateLimit(1, INTERVAL, nanoTime))
                .next();
        if (leftOut != LogRateLimit.LEFT_OUT) {
            log.accept(LogRateLimit.text("endpoint %s: %s: %s".formatted(endpoint, what, reason), leftOut));
        }
    }

    private record Failure(String endpoint, String what, String reason) {}

    /**
     * Errors that reach nobody, because the request they belong to is over. Reactor Netty tells the error that ended a request's
     * body a second time when its response is written, and Reactor logs that with a stack trace: a line for each slow client. Here
     * those that a client was told are left out, and that a client has left; of the others at most one a second of each kind is
     * logged.
     */
    public static final class LateErrors {
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
            if (error instanceof ApiException || error instanceof AbortedException) {
                return;
            }
            int leftOut = kinds.get(error.getClass(), kind -> new LogRateLimit(1, INTERVAL, nanoTime))
                    .next();
            if (leftOut != LogRateLimit.LEFT_OUT) {
                log.warn(LogRateLimit.text("an error came after its request was over", leftOut), error);
            }
        }
    }
}
