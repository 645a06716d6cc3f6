package dev.warmlane.proxy.access;

import java.time.Duration;

/**
 * What this replica has granted a client and others may not have heard of. Of what is left, each of N replicas grants at most its
 * share, a Nth, before the others have heard, so that all of them together do not grant more than there is; but one request in
 * any case, or small limits and large prompts would never be served. Not thread-safe.
 */
final class UnheardGrants {
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
