package dev.warmlane.proxy.access;

import dev.warmlane.core.sharing.SharedQuota;
import dev.warmlane.core.sharing.SharedQuota.Account;
import dev.warmlane.core.sharing.SharedQuota.Limits;
import dev.warmlane.core.sharing.SharedQuota.Taken;
import dev.warmlane.proxy.access.Identity.Allowance;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one client has taken of its minute: its buckets and, where replicas share its limits, what they have granted together. Safe
 * for concurrent use; without other replicas it takes no lock.
 */
final class ClientAccount {
    private final Limits limits;
    private final @Nullable TokenBucket requests;
    private final @Nullable TokenBucket tokens;
    private final @Nullable SharedGrants shared;

    private ClientAccount(Limits limits, @Nullable SharedGrants shared, long nowNanos) {
        this.limits = limits;
        this.requests = bucket(limits.requestsPerMinute(), nowNanos);
        this.tokens = bucket(limits.tokensPerMinute(), nowNanos);
        this.shared = shared;
    }

    /** The full minute of a client that one replica serves. */
    static ClientAccount alone(Allowance allowance, long nowNanos) {
        return new ClientAccount(
                new Limits(allowance.requestsPerMinute(), allowance.tokensPerMinute()), null, nowNanos);
    }

    /** The full minute of a client whom other replicas know by this hash. */
    static ClientAccount shared(Limits limits, SharedQuota quota, long client, long nowNanos) {
        return new ClientAccount(limits, new SharedGrants(quota, client, limits), nowNanos);
    }

    private static @Nullable TokenBucket bucket(long perMinute, long nowNanos) {
        return perMinute == 0 ? null : new TokenBucket(perMinute, nowNanos);
    }

    boolean hasLimitsOf(Allowance allowance) {
        return limits.requestsPerMinute() == allowance.requestsPerMinute()
                && limits.tokensPerMinute() == allowance.tokensPerMinute();
    }

    boolean limitsTokens() {
        return tokens != null;
    }

    /** @return 0 if a request was there, else how long until one will be, in nanoseconds */
    long takeRequest(long nowNanos) {
        if (requests == null) {
            return 0;
        }
        return shared == null ? requests.take(1, nowNanos) : shared.takeRequest(requests, nowNanos);
    }

    /** @return 0 if the tokens were there, else how long until they will be, in nanoseconds */
    long takeTokens(long count, long nowNanos) {
        if (tokens == null) {
            return 0;
        }
        return shared == null ? tokens.take(count, nowNanos) : shared.takeTokens(tokens, count, nowNanos);
    }

    /** Takes more tokens than were foreseen, or gives some back; without asking. */
    void correctTokens(long count, long nowNanos) {
        if (tokens == null) {
            return;
        }
        tokens.correct(count, nowNanos);
        if (shared != null && count != 0) {
            shared.tellTokens(count, nowNanos);
        }
    }

    /** The same client took this at another replica. */
    void takenElsewhere(Taken taken, long nowNanos) {
        if (requests != null) {
            requests.correct(taken.requests(), nowNanos);
        }
        if (tokens != null) {
            tokens.correct(taken.tokens(), nowNanos);
        }
        if (shared != null) {
            shared.takenElsewhere(taken.requests(), nowNanos);
        }
    }

    /** Another replica knows that at least so much is missing. */
    void known(Account account, long nowNanos) {
        if (requests != null) {
            requests.takeDownTo(account.missingRequests(), nowNanos);
        }
        if (tokens != null) {
            tokens.takeDownTo(account.missingTokens(), nowNanos);
        }
        if (shared != null) {
            shared.known(account.requestsInLastMinute(), nowNanos);
        }
    }

    /** What another replica has to know of it; null where nothing is missing. */
    @Nullable
    Account toShare(long nowNanos) {
        return shared == null ? null : shared.toShare(requests, tokens, nowNanos);
    }

    /**
     * A token bucket that holds one minute's worth and fills evenly. Safe for concurrent use without locks.
     *
     * <p>Implementation notes: as in the generic cell rate algorithm (ITU-T I.371, annex A, "virtual scheduling") the only state
     * is the time at which the bucket will be full again; each token taken moves it on by what one token takes to come back.
     * Unlike there, what was taken can be corrected afterwards, so the bucket can owe tokens, up to {@link #MAX_DEBT_NANOS}.
     */
    static final class TokenBucket {
        /** The most that one correction or one oversized request can keep a client out. */
        static final long MAX_DEBT_NANOS = 3_600_000_000_000L;

        private static final long MINUTE_NANOS = 60_000_000_000L;

        private final double nanosPerToken;
        private final AtomicLong fullAt;

        /** @param perMinute tokens that come back in a minute, and the most that it holds; at least 1 */
        TokenBucket(long perMinute, long nowNanos) {
            this.nanosPerToken = (double) MINUTE_NANOS / perMinute;
            this.fullAt = new AtomicLong(nowNanos);
        }

        /**
         * Takes tokens if they are there. More than the bucket holds are given when it is full, and owed.
         *
         * @return 0 if they were taken, else how long to wait until they could be, in nanoseconds
         */
        long take(long tokens, long nowNanos) {
            long needed = nanos(tokens);
            while (true) {
                long before = fullAt.get();
                long missing = Math.max(0, before - nowNanos);
                long wait = wait(missing, needed);
                if (wait > 0) {
                    return wait;
                }
                if (fullAt.compareAndSet(before, nowNanos + missing + needed)) {
                    return 0;
                }
            }
        }

        /** What {@link #take} would return now; takes nothing. */
        long waitFor(long tokens, long nowNanos) {
            return Math.max(0, wait(missingNanos(nowNanos), nanos(tokens)));
        }

        /** Tokens that are there; negative where some are owed. */
        double left(long nowNanos) {
            return (MINUTE_NANOS - missingNanos(nowNanos)) / nanosPerToken;
        }

        /** Tokens that have yet to come back. */
        long missing(long nowNanos) {
            return (long) Math.ceil(missingNanos(nowNanos) / nanosPerToken);
        }

        /** Takes as many that so many are missing, unless more are already. */
        void takeDownTo(long missing, long nowNanos) {
            fullAt.accumulateAndGet(nowNanos + Math.max(0, nanos(missing)), Math::max);
        }

        private static long wait(long missing, long needed) {
            return Math.min(missing, missing + needed - MINUTE_NANOS);
        }

        private long missingNanos(long nowNanos) {
            return Math.max(0, fullAt.get() - nowNanos);
        }

        /** Takes more tokens than were foreseen, or gives some back; without asking. */
        void correct(long tokens, long nowNanos) {
            fullAt.updateAndGet(before -> {
                long missing = Math.max(0, before - nowNanos);
                return nowNanos + Math.max(0, Math.min(missing + nanos(tokens), MAX_DEBT_NANOS));
            });
        }

        private long nanos(long tokens) {
            double nanos = tokens * nanosPerToken;
            return (long) Math.max(-MAX_DEBT_NANOS, Math.min(nanos, MAX_DEBT_NANOS));
        }
    }
}
