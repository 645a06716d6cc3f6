package dev.warmlane.proxy.access;

import dev.warmlane.core.sharing.SharedQuota.Account;
import dev.warmlane.core.sharing.SharedQuota.Limits;
import dev.warmlane.core.sharing.SharedQuota.Taken;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What one client has taken of its minute: its buckets and, where replicas share its limits, what they have granted together. Safe
 * for concurrent use; without other replicas it takes no lock.
 */
final class ClientAccount {
    private static final long SETTLING_NANOS = TokenBucket.MAX_DEBT_NANOS;

    /** In force now. */
    private final Limits limits;

    /** The same buckets; where there is no limit now, the last one: what was taken from it counts when the limit comes back. */
    private final Limits counted;

    private final @Nullable TokenBucket requests;
    private final @Nullable TokenBucket tokens;
    private final @Nullable SharedGrants shared;

    /** From when on other limits begin with a full minute. */
    private final long settledNanos;

    /** Itself, or what has taken its place together with all that was taken of it. */
    private final AtomicReference<ClientAccount> current;

    private ClientAccount(Limits limits, @Nullable SharedGrants shared, long settledNanos, long nowNanos) {
        this.limits = limits;
        this.counted = limits;
        this.requests = bucket(limits.requestsPerMinute(), nowNanos);
        this.tokens = bucket(limits.tokensPerMinute(), nowNanos);
        this.shared = shared;
        this.settledNanos = settledNanos;
        this.current = new AtomicReference<>(this);
    }

    private ClientAccount(Limits limits, @Nullable SharedGrants shared, ClientAccount before, long nowNanos) {
        boolean settling = nowNanos - before.settledNanos < 0;
        this.limits = limits;
        this.counted = before.counted(limits);
        this.requests = bucket(
                counted.requestsPerMinute(), before.requests, before.counted.requestsPerMinute(), settling, nowNanos);
        this.tokens =
                bucket(counted.tokensPerMinute(), before.tokens, before.counted.tokensPerMinute(), settling, nowNanos);
        this.shared = shared;
        this.settledNanos = nowNanos + SETTLING_NANOS;
        if (shared != null && before.shared != null && (settling || requests == before.requests)) {
            shared.takeOver(before.shared, nowNanos);
        }
        this.current = settling || tokens == before.tokens ? before.current : new AtomicReference<>();
        current.set(this);
    }

    /**
     * The full minute of a client.
     *
     * @param grants null: one replica serves it
     */
    static ClientAccount open(Limits limits, @Nullable SharedGrants grants, long nowNanos) {
        return new ClientAccount(limits, grants, nowNanos, nowNanos);
    }

    /** The same for a client that only other replicas have reported. */
    static ClientAccount told(Limits limits, SharedGrants grants, long nowNanos) {
        return new ClientAccount(limits, grants, nowNanos + SETTLING_NANOS, nowNanos);
    }

    /**
     * The same client's account with other limits: a full minute of what changes, unless that changed within the last hour.
     * Otherwise a client with two tokens of different limits would have a full minute with each request.
     *
     * @param grants under the limits that it {@link #counted}
     */
    ClientAccount withLimits(Limits other, @Nullable SharedGrants grants, long nowNanos) {
        return new ClientAccount(other, grants, this, nowNanos);
    }

    /** Other limits, and where they leave something unlimited, the one by which it was counted last. */
    Limits counted(Limits other) {
        return new Limits(
                other.requestsPerMinute() == 0 ? counted.requestsPerMinute() : other.requestsPerMinute(),
                other.tokensPerMinute() == 0 ? counted.tokensPerMinute() : other.tokensPerMinute());
    }

    private static @Nullable TokenBucket bucket(long perMinute, long nowNanos) {
        return perMinute == 0 ? null : new TokenBucket(perMinute, nowNanos);
    }

    /** The same bucket for the same limit, else a new one with what is missing in that of before where it may not be full. */
    private static @Nullable TokenBucket bucket(
            long perMinute, @Nullable TokenBucket before, long perMinuteBefore, boolean settling, long nowNanos) {
        if (perMinute == perMinuteBefore) {
            return before;
        }
        TokenBucket bucket = bucket(perMinute, nowNanos);
        if (settling && bucket != null && before != null) {
            bucket.takeDownTo(before.missing(nowNanos), nowNanos);
        }
        return bucket;
    }

    boolean hasLimitsOf(Allowance allowance) {
        return limits.requestsPerMinute() == allowance.requestsPerMinute()
                && limits.tokensPerMinute() == allowance.tokensPerMinute();
    }

    /** @return 0 if a request was there, else how long until one will be, in nanoseconds */
    long takeRequest(long nowNanos) {
        if (requests == null || limits.requestsPerMinute() == 0) {
            return 0;
        }
        return shared == null ? requests.take(1, nowNanos) : shared.takeRequest(requests, nowNanos);
    }

    /** @return 0 if the tokens were there, else how long until they will be, in nanoseconds */
    long takeTokens(long count, long nowNanos) {
        if (tokens == null || limits.tokensPerMinute() == 0) {
            return 0;
        }
        return shared == null ? tokens.take(count, nowNanos) : shared.takeTokens(tokens, count, nowNanos);
    }

    /** The most tokens that can be taken at once: what is taken beyond could not be owed, and would come back all the same. */
    long mostTokens() {
        return tokens == null ? Long.MAX_VALUE : tokens.most();
    }

    /** Takes more tokens than were reserved, or gives some back, whether or not they are there. */
    void correctTokens(long count, long nowNanos) {
        ClientAccount now = current.get();
        (now == null ? this : now).correct(count, nowNanos);
    }

    private void correct(long count, long nowNanos) {
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
            requests.correct(possible(taken.requests()), nowNanos);
        }
        if (tokens != null) {
            tokens.correct(taken.tokens(), nowNanos);
        }
        if (shared != null) {
            shared.takenElsewhere(possible(taken.requests()), nowNanos);
        }
    }

    /** Another replica knows that at least so much is missing. */
    void known(Account account, long nowNanos) {
        if (requests != null) {
            requests.takeDownTo(possible(account.missingRequests()), nowNanos);
        }
        if (tokens != null) {
            tokens.takeDownTo(account.missingTokens(), nowNanos);
        }
        if (shared != null) {
            shared.known(possible(account.requestsInLastMinute()), nowNanos);
        }
    }

    /** No replica grants more than a full minute and another while it fills again, so that larger reports are capped. */
    private long possible(long told) {
        return Math.min(told, 2 * Math.min(counted.requestsPerMinute(), Long.MAX_VALUE / 2));
    }

    /** What other replicas need to know about it; null where nothing is missing. */
    @Nullable
    Account toShare(long nowNanos) {
        return shared == null ? null : shared.toShare(requests, tokens, nowNanos);
    }
}
