package dev.warmlane.proxy.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.sharing.SharedQuota;
import dev.warmlane.core.sharing.SharedQuota.Account;
import dev.warmlane.core.sharing.SharedQuota.Limits;
import dev.warmlane.core.sharing.SharedQuota.Taken;
import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
import dev.warmlane.proxy.access.TokenCharge.TokenCounter;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What every client has taken of its minute. Bounded: whoever has been away long enough to be out of debt is forgotten, and
 * past 100,000 clients those seen least. Safe for concurrent use.
 *
 * <p>Replicas that know of each other count together, and each request at every one of them. Until all have heard of a grant,
 * which takes some ten milliseconds, a replica grants no more than its share of what is left, but always one request. So N of them
 * grant at most N - 1 requests more than one would, and at most a tenth above the requests of any minute, or one each if that is
 * more. Replicas that have not heard of each other for 2 s count each for itself.
 */
public final class Quotas {
    private static final int MAX_CLIENTS = 100_000;

    private final Ticker clock;
    private final TokenCounter counter;
    private final @Nullable SharedQuota shared;
    /** By name or, where others speak of them by their hash, by that. */
    private final Cache<Object, ClientAccount> clients;

    /**
     * Nobody has taken anything.
     *
     * @param clock elapsed time in nanoseconds
     * @param shared what other replicas grant; null: there are no others
     */
    public Quotas(Ticker clock, TokenCounter counter, @Nullable SharedQuota shared) {
        this.clock = clock;
        this.counter = counter;
        this.shared = shared;
        this.clients = Caffeine.newBuilder()
                .maximumSize(MAX_CLIENTS)
                .expireAfterAccess(Duration.ofNanos(TokenBucket.MAX_DEBT_NANOS))
                .ticker(clock)
                .executor(Runnable::run)
                .build();
        if (shared != null) {
            shared.connect(new Others(shared));
        }
    }

    /**
     * Counts a request.
     *
     * @return zero if it is within the client's minute, else how long until one would be
     */
    public Duration countRequest(Identity identity) {
        return identity.allowance().requestsPerMinute() == 0
                ? Duration.ZERO
                : Duration.ofNanos(account(identity).takeRequest(clock.read()));
    }

    /** The account of a request's tokens, on which nothing stands yet. */
    public TokenCharge charge(Identity identity) {
        ClientAccount account = identity.allowance().tokensPerMinute() == 0 ? null : account(identity);
        return new TokenCharge(identity, account, clock, counter);
    }

    /** Made anew when the limits change. */
    private ClientAccount account(Identity identity) {
        Allowance allowance = identity.allowance();
        Object client = shared == null ? identity.client() : (Object) SharedQuota.hash(identity.client());
        ClientAccount known = clients.getIfPresent(client);
        if (known != null && known.hasLimitsOf(allowance)) {
            return known;
        }
        return clients.asMap()
                .compute(
                        client,
                        (same, before) -> before != null && before.hasLimitsOf(allowance)
                                ? before
                                : open(client, allowance, before));
    }

    private ClientAccount open(Object client, Allowance allowance, @Nullable ClientAccount before) {
        Limits limits = new Limits(allowance.requestsPerMinute(), allowance.tokensPerMinute());
        Limits counted = before == null ? limits : before.counted(limits);
        SharedGrants grants = shared == null ? null : new SharedGrants(shared, (Long) client, counted);
        return before == null
                ? ClientAccount.open(limits, grants, clock.read())
                : before.withLimits(limits, grants, clock.read());
    }

    /** What other replicas say of clients, who may have sent nothing here. */
    private final class Others implements SharedQuota.Accounts {
        private final SharedQuota quota;

        private Others(SharedQuota quota) {
            this.quota = quota;
        }

        @Override
        public void takenElsewhere(Taken taken) {
            account(taken.client(), taken.limits()).takenElsewhere(taken, clock.read());
        }

        @Override
        public void known(Account account) {
            account(account.client(), account.limits()).known(account, clock.read());
        }

        @Override
        public void forEach(Consumer<Account> visitor) {
            long now = clock.read();
            for (ClientAccount client : clients.asMap().values()) {
                Account account = client.toShare(now);
                if (account != null) {
                    visitor.accept(account);
                }
            }
        }

        /** The limits that stand here count, if a change of them has not reached all. */
        private ClientAccount account(long client, Limits limits) {
            return clients.get(
                    client, hash -> ClientAccount.told(limits, new SharedGrants(quota, client, limits), clock.read()));
        }
    }
}
