package dev.warmlane.core.sharing;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells what clients took in numbered rounds, and confirms the rounds of others. What waits to be told is one sum a client, so
 * nothing is ever dropped.
 */
final class QuotaShare implements SharedQuota {
    private final Supplier<Collection<String>> others;
    private final Runnable onTell;
    private final ConcurrentHashMap<Long, Taken> untold = new ConcurrentHashMap<>();
    private final AtomicLong rounds = new AtomicLong();
    private final Map<String, Long> heard = new ConcurrentHashMap<>();
    private final Map<String, Long> unconfirmed = new ConcurrentHashMap<>();
    private volatile @Nullable Accounts accounts;

    /**
     * Nothing is told yet.
     *
     * @param others the ids of the replicas that are heard of, without this one
     * @param onTell runs when there is something to {@link #gather}
     */
    QuotaShare(Supplier<Collection<String>> others, Runnable onTell) {
        this.others = others;
        this.onTell = onTell;
    }

    @Override
    public int replicas() {
        return others.get().size() + 1;
    }

    @Override
    public long tell(Taken taken) {
        untold.merge(taken.client(), taken, Taken::plus);
        // Read afterwards: a round that began meanwhile may have missed it, an earlier one has not.
        long round = rounds.get() + 1;
        onTell.run();
        return round;
    }

    @Override
    public long heardRound() {
        long least = Long.MAX_VALUE;
        for (String other : others.get()) {
            least = Math.min(least, heard.getOrDefault(other, 0L));
        }
        return least;
    }

    @Override
    public void connect(Accounts own) {
        accounts = own;
    }

    /** Tells what was taken, and confirms what others told. For one thread. */
    void gather(MessageEncoder encoder) {
        unconfirmed.forEach((origin, round) -> {
            if (unconfirmed.remove(origin, round)) {
                encoder.heard(Replication.hash(origin), round);
            }
        });
        if (untold.isEmpty()) {
            return;
        }
        long round = rounds.incrementAndGet();
        for (Long client : untold.keySet()) {
            Taken taken = untold.remove(client);
            if (taken != null) {
                encoder.taken(taken);
            }
        }
        encoder.round(round);
    }

    void writeState(MessageEncoder encoder) {
        Accounts own = accounts;
        if (own != null) {
            own.forEach(encoder::account);
        }
    }

    void takenElsewhere(Taken taken) {
        Accounts own = accounts;
        if (own != null) {
            own.takenElsewhere(taken);
        }
    }

    void known(Account account) {
        Accounts own = accounts;
        if (own != null) {
            own.known(account);
        }
    }

    /** Another replica has told all of a round. */
    void told(String origin, long round) {
        unconfirmed.merge(origin, round, Math::max);
        onTell.run();
    }

    /** Another replica has heard a round of this one. */
    void heard(String origin, long round) {
        heard.merge(origin, round, Math::max);
    }

    void left(String origin) {
        heard.remove(origin);
        unconfirmed.remove(origin);
    }
}
