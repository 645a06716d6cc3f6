package dev.warmlane.proxy.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What every client has taken of its minute. Bounded: whoever has been away long enough to be out of debt is forgotten, and
 * past 100,000 clients those seen least. Safe for concurrent use.
 */
public final class Quotas {
    private static final int MAX_CLIENTS = 100_000;

    private final Ticker clock;
    private final TokenCounter counter;
    private final Cache<String, Buckets> clients;

    /** Told of the tokens that a request took in the end, by the name of its identity. */
    @FunctionalInterface
    public interface TokenCounter {
        void took(String name, long tokens);
    }

    /** Made anew when the allowance changes, with a full minute. */
    private record Buckets(
            Allowance allowance,
            @Nullable TokenBucket requests,
            @Nullable TokenBucket tokens) {

        static Buckets of(Allowance allowance, long nowNanos) {
            return new Buckets(
                    allowance,
                    bucket(allowance.requestsPerMinute(), nowNanos),
                    bucket(allowance.tokensPerMinute(), nowNanos));
        }

        private static @Nullable TokenBucket bucket(long perMinute, long nowNanos) {
            return perMinute == 0 ? null : new TokenBucket(perMinute, nowNanos);
        }
    }

    /** @param clock elapsed time in nanoseconds */
    public Quotas(Ticker clock, TokenCounter counter) {
        this.clock = clock;
        this.counter = counter;
        this.clients = Caffeine.newBuilder()
                .maximumSize(MAX_CLIENTS)
                .expireAfterAccess(Duration.ofNanos(TokenBucket.MAX_DEBT_NANOS))
                .ticker(clock)
                .executor(Runnable::run)
                .build();
    }

    /**
     * Counts a request.
     *
     * @return zero if it is within the client's minute, else how long until one would be
     */
    public Duration countRequest(Identity identity) {
        if (identity.allowance().requestsPerMinute() == 0) {
            return Duration.ZERO;
        }
        TokenBucket requests = buckets(identity).requests();
        return requests == null ? Duration.ZERO : Duration.ofNanos(requests.take(1, clock.read()));
    }

    /** The account of a request's tokens, on which nothing stands yet. */
    public TokenCharge charge(Identity identity) {
        TokenBucket tokens = identity.allowance().tokensPerMinute() == 0
                ? null
                : buckets(identity).tokens();
        return new TokenCharge(identity, tokens, clock, counter);
    }

    private Buckets buckets(Identity identity) {
        Buckets known = clients.getIfPresent(identity.client());
        if (known != null && known.allowance().equals(identity.allowance())) {
            return known;
        }
        return clients.asMap()
                .compute(
                        identity.client(),
                        (client, before) -> before != null && before.allowance().equals(identity.allowance())
                                ? before
                                : Buckets.of(identity.allowance(), clock.read()));
    }
}
