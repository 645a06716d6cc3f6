package dev.warmlane.proxy.access;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.proxy.access.Authenticator.Identity;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What one request takes of its client's tokens: an estimate of its prompt and the most that it may generate first, so that
 * what runs in parallel cannot exceed the limit, and in the end what the engine reports. A request that no engine served costs
 * nothing; one whose client left, whose response broke off, or whose usage nobody reported costs its prompt and what the
 * response's bytes come to. Fed by one thread at a time; may be closed by another.
 */
public final class TokenCharge {
    /** A token is an event of its own in a stream of vLLM's, and few events are shorter than this. */
    private static final int STREAMED_BYTES_PER_TOKEN = 200;

    /** A whole body says everything but its tokens once: text, or the tokens' numbers. */
    private static final int BODY_BYTES_PER_TOKEN = 4;

    private final Identity identity;
    private final @Nullable ClientAccount account;
    private final Ticker clock;
    private final TokenCounter counter;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile long reserved;
    private volatile long promptTokens;
    private volatile long reported = -1;
    private volatile long outputTokens;
    private volatile long streamedBytes;
    private volatile long bodyBytes;

    /** @param account null where tokens are not limited */
    TokenCharge(Identity identity, @Nullable ClientAccount account, Ticker clock, TokenCounter counter) {
        this.identity = identity;
        this.account = account;
        this.clock = clock;
        this.counter = counter;
    }

    /** The client that pays. */
    public Identity identity() {
        return identity;
    }

    /** Whether the client's tokens are limited, so that the usage must be known. */
    public boolean isLimited() {
        return account != null;
    }

    /**
     * Takes tokens that may be used.
     *
     * @param prompt tokens of the prompt, as far as they can be told
     * @param output the most that may be generated
     * @return 0 if they were there, else how long until they would be, in nanoseconds
     */
    public long reserve(long prompt, long output) {
        long count = account == null ? 0 : Math.min(prompt + output, account.mostTokens());
        long wait = account == null ? 0 : account.takeTokens(count, clock.read());
        if (wait == 0) {
            promptTokens = prompt;
            outputTokens = output;
            reserved = count;
        }
        return wait;
    }

    /** A chunk of a stream has come that is no error. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // By one thread at a time.
    public void responded(int bytes) {
        streamedBytes += bytes;
    }

    /** A chunk of a body has come that is no error. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // By one thread at a time.
    public void respondedBody(int bytes) {
        bodyBytes += bytes;
    }

    /** The engine says what the request took. */
    public void used(long tokens) {
        reported = tokens;
    }

    /**
     * The request is over: the estimate gives way to what is known. Only the first call counts.
     *
     * @param left whether the client left before the end, with an engine at work on its prompt
     */
    public void close(boolean left) {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        long tokens = tokens(left);
        if (account != null) {
            account.correctTokens(tokens - reserved, clock.read());
        }
        if (tokens > 0) {
            counter.took(identity.name(), tokens);
        }
    }

    private long tokens(boolean left) {
        if (reported >= 0) {
            return reported;
        }
        if (streamedBytes + bodyBytes == 0 && !left) {
            return 0;
        }
        // Of what is not reserved, nobody knows whether it is text that was generated.
        long generated = outputTokens == 0
                ? bodyBytes / STREAMED_BYTES_PER_TOKEN
                : Math.min(outputTokens, bodyBytes / BODY_BYTES_PER_TOKEN);
        return promptTokens + generated + streamedBytes / STREAMED_BYTES_PER_TOKEN;
    }

    /** Told of the tokens that a request took in the end, by the name of its identity. */
    @FunctionalInterface
    public interface TokenCounter {
        void took(String name, long tokens);
    }
}
