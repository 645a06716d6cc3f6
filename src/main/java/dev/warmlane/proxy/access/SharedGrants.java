package dev.warmlane.proxy.access;

import dev.warmlane.core.sharing.SharedQuota;
import dev.warmlane.core.sharing.SharedQuota.Account;
import dev.warmlane.core.sharing.SharedQuota.Limits;
import dev.warmlane.core.sharing.SharedQuota.Taken;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one client was granted by all replicas together. Safe for concurrent use.
 *
 * <p>Of several replicas none grants more than its share before the others have heard of it. Together they grant in no minute more
 * than a tenth above the limit of requests, or one each where that is more: a bucket alone gives a minute's worth at once and another
 * while it fills again.
 */
final class SharedGrants {
    /** Until others have heard of what was granted. */
    private static final long SOON_NANOS = Duration.ofMillis(100).toNanos();

    private final SharedQuota quota;
    private final long client;
    private final Limits limits;
    private final UnheardGrants unheardRequests = new UnheardGrants();
    private final UnheardGrants unheardTokens = new UnheardGrants();
    private final LastMinute lastMinute = new LastMinute();

    /** @param client the hash by which other replicas know the client */
    SharedGrants(SharedQuota quota, long client, Limits limits) {
        this.quota = quota;
        this.client = client;
        this.limits = limits;
    }

    /** @return 0 if a request was there and could be granted, else how long to wait, in nanoseconds */
    synchronized long takeRequest(TokenBucket bucket, long nowNanos) {
        double left = bucket.left(nowNanos);
        int replicas = quota.replicas();
        if (replicas > 1) {
            long most = mostInAMinute(replicas);
            long wait = lastMinute.waitForFewerThan(most, nowNanos);
            if (wait > 0) {
                return wait;
            }
            left = Math.min(left, (double) (most - lastMinute.count(nowNanos)));
        }
        long wait = take(bucket, unheardRequests, 1, left, replicas, nowNanos);
        if (wait == 0) {
            lastMinute.add(1, nowNanos);
            unheardRequests.add(1, quota.tell(new Taken(client, limits, 1, 0)), nowNanos);
        }
        return wait;
    }

    /** @return 0 if the tokens were there and could be granted, else how long to wait, in nanoseconds */
    synchronized long takeTokens(TokenBucket bucket, long count, long nowNanos) {
        long wait = take(bucket, unheardTokens, count, bucket.left(nowNanos), quota.replicas(), nowNanos);
        if (wait == 0) {
            tellTokens(count, nowNanos);
        }
        return wait;
    }

    /** Tells the others of tokens that were taken here, or given back. */
    synchronized void tellTokens(long count, long nowNanos) {
        unheardTokens.add(count, quota.tell(new Taken(client, limits, 0, count)), nowNanos);
    }

    /** Another replica has granted these requests. */
    synchronized void takenElsewhere(long requests, long nowNanos) {
        lastMinute.add(requests, nowNanos);
    }

    /** Another replica knows of at least so many requests in the last minute. */
    synchronized void known(long requestsInLastMinute, long nowNanos) {
        lastMinute.add(Math.max(0, requestsInLastMinute - lastMinute.count(nowNanos)), nowNanos);
    }

    /** The same client's grants under other limits. */
    void takeOver(SharedGrants before, long nowNanos) {
        known(before.inLastMinute(nowNanos), nowNanos);
    }

    private synchronized long inLastMinute(long nowNanos) {
        return lastMinute.count(nowNanos);
    }

    /** What another replica has to know of the client; null where nothing is missing. */
    synchronized @Nullable Account toShare(
            @Nullable TokenBucket requests, @Nullable TokenBucket tokens, long nowNanos) {
        Account account = new Account(
                client,
                limits,
                requests == null ? 0 : requests.missing(nowNanos),
                tokens == null ? 0 : tokens.missing(nowNanos),
                lastMinute.count(nowNanos));
        boolean full =
                account.missingRequests() == 0 && account.missingTokens() == 0 && account.requestsInLastMinute() == 0;
        return full ? null : account;
    }

    private long take(TokenBucket bucket, UnheardGrants unheard, long count, double left, int replicas, long nowNanos) {
        long wait = bucket.waitFor(count, nowNanos);
        if (wait > 0) {
            return wait;
        }
        if (!unheard.allow(count, left, replicas, quota.heardRound(), nowNanos) && replicas > 1) {
            return SOON_NANOS;
        }
        return bucket.take(count, nowNanos);
    }

    /** By what is known here: each of the others may be about to grant one more. */
    private long mostInAMinute(int replicas) {
        long limit = limits.requestsPerMinute();
        return limit + Math.max(1, limit / 10 - (replicas - 1));
    }

    /**
     * What this replica has granted a client and others may not have heard of. Of what is left, each of N replicas grants at most its
     * share, a Nth, before the others have heard, so that all of them together do not grant more than there is; but one request in
     * any case, or small limits and large prompts would never be served. Not thread-safe.
     */
    private static final class UnheardGrants {
        /** Whoever has not heard by then is not counted as a replica any more. */
        private static final long HEARD_AT_LAST_NANOS = Duration.ofSeconds(2).toNanos();

        /** So that one who grants all the time need not pause until everything is heard, later grants are kept apart. */
        private long earlier;

        private long earlierRound;
        private long earlierNanos;
        private long later;
        private long laterRound;
        private long laterNanos;

        /**
         * Whether so much more can be granted.
         *
         * @param left what is left, by all that is known here
         * @param replicas that share it
         * @param heardRound the last round that all of them have heard
         */
        boolean allow(long amount, double left, int replicas, long heardRound, long nowNanos) {
            while (earlier > 0 && (earlierRound <= heardRound || nowNanos - earlierNanos >= HEARD_AT_LAST_NANOS)) {
                earlier = later;
                earlierRound = laterRound;
                earlierNanos = laterNanos;
                later = 0;
            }
            long unheard = earlier + later;
            return unheard == 0 || (double) (unheard + amount) * replicas <= left + unheard;
        }

        /** @param round in which the others are told */
        void add(long amount, long round, long nowNanos) {
            if (amount <= 0) {
                return;
            }
            if (earlier == 0 || (later == 0 && earlierRound == round)) {
                earlier += amount;
                earlierRound = round;
                earlierNanos = nowNanos;
            } else {
                later += amount;
                laterRound = round;
                laterNanos = nowNanos;
            }
        }
    }

    /** How many requests were granted in the last minute, and up to a second more. Not thread-safe. */
    private static final class LastMinute {
        private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();
        private static final int SECONDS = 61;

        private final int[] bySecond = new int[SECONDS];
        private long second = Long.MIN_VALUE;
        private long count;

        long count(long nowNanos) {
            advance(nowNanos);
            return count;
        }

        void add(long requests, long nowNanos) {
            advance(nowNanos);
            int slot = slot(second);
            int most = Integer.MAX_VALUE - bySecond[slot];
            int added = (int) Math.min(requests, most);
            bySecond[slot] += added;
            count += added;
        }

        /** How long until there are fewer, in nanoseconds; 0 if there are now. */
        long waitForFewerThan(long requests, long nowNanos) {
            long left = count(nowNanos);
            for (int age = SECONDS - 1; age >= 0; age--) {
                if (left < requests) {
                    return age == SECONDS - 1 ? 0 : (second - age + SECONDS - 1) * SECOND_NANOS - nowNanos;
                }
                left -= bySecond[slot(second - age)];
            }
            return SECONDS * SECOND_NANOS;
        }

        private void advance(long nowNanos) {
            long now = Math.floorDiv(nowNanos, SECOND_NANOS);
            if (second < now - SECONDS) {
                second = now - SECONDS;
            }
            while (second < now) {
                second++;
                int slot = slot(second);
                count -= bySecond[slot];
                bySecond[slot] = 0;
            }
        }

        private static int slot(long second) {
            return (int) Math.floorMod(second, (long) SECONDS);
        }
    }
}
