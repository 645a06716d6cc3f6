package dev.warmlane.proxy.access;

import dev.warmlane.core.sharing.SharedQuota;
import dev.warmlane.core.sharing.SharedQuota.Account;
import dev.warmlane.core.sharing.SharedQuota.Limits;
import dev.warmlane.core.sharing.SharedQuota.Taken;
import dev.warmlane.proxy.access.Identity.Allowance;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one client has taken of its minute: its buckets and, where replicas share its limits, what it takes to count together. Safe
 * for concurrent use; without other replicas it takes no lock.
 *
 * <p>Of several replicas none grants more than its share before the others have heard of it ({@link UnheardGrants}). Together they
 * grant in no minute more than a tenth above the limit of requests, or one each where that is more: a bucket alone gives a minute's
 * worth at once and another while it fills again.
 */
final class ClientAccount {
    /** Until others have heard of what was granted. */
    private static final long SOON_NANOS = Duration.ofMillis(100).toNanos();

    private final Limits limits;
    private final @Nullable TokenBucket requests;
    private final @Nullable TokenBucket tokens;
    private final @Nullable Shared shared;

    /** What is needed to count together with other replicas. Guarded by itself. */
    private record Shared(
            SharedQuota quota,
            long client,
            UnheardGrants unheardRequests,
            UnheardGrants unheardTokens,
            LastMinute lastMinute) {}

    private ClientAccount(Limits limits, @Nullable Shared shared, long nowNanos) {
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
        return new ClientAccount(
                limits,
                new Shared(quota, client, new UnheardGrants(), new UnheardGrants(), new LastMinute()),
                nowNanos);
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
        TokenBucket bucket = requests;
        Shared with = shared;
        if (bucket == null) {
            return 0;
        }
        if (with == null) {
            return bucket.take(1, nowNanos);
        }
        synchronized (with) {
            double left = bucket.left(nowNanos);
            int replicas = with.quota.replicas();
            if (replicas > 1) {
                long most = mostInAMinute(replicas);
                long wait = with.lastMinute.waitForFewerThan(most, nowNanos);
                if (wait > 0) {
                    return wait;
                }
                left = Math.min(left, (double) (most - with.lastMinute.count(nowNanos)));
            }
            long wait = take(bucket, with.unheardRequests, 1, left, replicas, with.quota.heardRound(), nowNanos);
            if (wait == 0) {
                with.lastMinute.add(1, nowNanos);
                long round = with.quota.tell(new Taken(with.client, limits, 1, 0));
                with.unheardRequests.add(1, round, nowNanos);
            }
            return wait;
        }
    }

    /** @return 0 if the tokens were there, else how long until they will be, in nanoseconds */
    long takeTokens(long count, long nowNanos) {
        TokenBucket bucket = tokens;
        Shared with = shared;
        if (bucket == null) {
            return 0;
        }
        if (with == null) {
            return bucket.take(count, nowNanos);
        }
        synchronized (with) {
            long wait = take(
                    bucket,
                    with.unheardTokens,
                    count,
                    bucket.left(nowNanos),
                    with.quota.replicas(),
                    with.quota.heardRound(),
                    nowNanos);
            if (wait == 0) {
                tellTokens(with, count, nowNanos);
            }
            return wait;
        }
    }

    /** Takes more tokens than were foreseen, or gives some back; without asking. */
    void correctTokens(long count, long nowNanos) {
        TokenBucket bucket = tokens;
        Shared with = shared;
        if (bucket == null) {
            return;
        }
        bucket.correct(count, nowNanos);
        if (with != null && count != 0) {
            synchronized (with) {
                tellTokens(with, count, nowNanos);
            }
        }
    }

    private static long take(
            TokenBucket bucket,
            UnheardGrants unheard,
            long count,
            double left,
            int replicas,
            long heardRound,
            long nowNanos) {
        long wait = bucket.waitFor(count, nowNanos);
        if (wait > 0) {
            return wait;
        }
        if (!unheard.allow(count, left, replicas, heardRound, nowNanos) && replicas > 1) {
            return SOON_NANOS;
        }
        return bucket.take(count, nowNanos);
    }

    private void tellTokens(Shared with, long count, long nowNanos) {
        long round = with.quota.tell(new Taken(with.client, limits, 0, count));
        with.unheardTokens.add(count, round, nowNanos);
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
            synchronized (shared) {
                shared.lastMinute.add(taken.requests(), nowNanos);
            }
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
            synchronized (shared) {
                long unknown = account.requestsInLastMinute() - shared.lastMinute.count(nowNanos);
                shared.lastMinute.add(Math.max(0, unknown), nowNanos);
            }
        }
    }

    /** What another replica has to know of it; null where nothing is missing. */
    @Nullable
    Account toShare(long nowNanos) {
        Shared with = shared;
        if (with == null) {
            return null;
        }
        synchronized (with) {
            Account account = new Account(
                    with.client,
                    limits,
                    requests == null ? 0 : requests.missing(nowNanos),
                    tokens == null ? 0 : tokens.missing(nowNanos),
                    with.lastMinute.count(nowNanos));
            boolean full = account.missingRequests() == 0
                    && account.missingTokens() == 0
                    && account.requestsInLastMinute() == 0;
            return full ? null : account;
        }
    }

    /** By what is known here: each of the others may be about to grant one more. */
    private long mostInAMinute(int replicas) {
        long limit = limits.requestsPerMinute();
        return limit + Math.max(1, limit / 10 - (replicas - 1));
    }
}
