package dev.warmlane.proxy.access;

import dev.warmlane.core.sharing.SharedQuota;
import dev.warmlane.core.sharing.SharedQuota.Account;
import dev.warmlane.core.sharing.SharedQuota.Limits;
import dev.warmlane.core.sharing.SharedQuota.Taken;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
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

    /** No replica grants more than a full minute and another while it fills again; who tells of more does not say how much. */
    private long possible(long told) {
        return Math.min(told, 2 * Math.min(limits.requestsPerMinute(), Long.MAX_VALUE / 2));
    }

    /** What another replica has to know of it; null where nothing is missing. */
    @Nullable
    Account toShare(long nowNanos) {
        return shared == null ? null : shared.toShare(requests, tokens, nowNanos);
    }
}
