package dev.warmlane.core.prefix.reuse;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How many endpoints a pool should have, by two needs of which the larger one wins: what its load needs, and what its caches need
 * to hit as often as they should. For one thread.
 *
 * <p>It grows once the load is nine tenths of what the endpoints carry, to so many that it is eight tenths. It shrinks by one at a time,
 * once one fewer would still have that much room at the largest need of half an hour. Ten minutes pass between two changes, unless the load needs more than
 * there is.
 */
public final class PoolSize {
    /** Between two changes. */
    public static final long CHANGE_NANOS = 600_000_000_000L;

    private static final double FULL = 0.9;
    private static final double ROOM = 0.8;
    private static final double AVERAGED_NANOS = 60e9;
    private static final long SLOT_NANOS = 60_000_000_000L;
    private static final int SLOTS = 31;

    /** A hit ratio this close to its target counts as reached. */
    private static final double NEARLY = 0.01;

    private final int least;
    private final int most;
    private final double requestsEach;
    private final double[] loads = new double[SLOTS];
    private final int[] cacheNeeds = new int[SLOTS];
    private double load;
    private int cacheNeed;
    private long slot;
    private long lastNanos;
    private long changedNanos;
    private int endpoints;

    /**
     * What was found.
     *
     * @param endpoints that there should be
     * @param loadNeed that the load of the last minute needs
     * @param cacheNeed that the target of the hit ratio needs; 0 where there is none or too little is known
     * @param reason why, in a sentence
     */
    public record Advice(int endpoints, int loadNeed, int cacheNeed, String reason) {}

    /**
     * Nothing is known yet.
     *
     * @param least endpoints that it ever advises
     * @param most endpoints that it ever advises, at least as many
     * @param requestsEach requests that one endpoint carries, running and queued, above 0
     */
    public PoolSize(int least, int most, double requestsEach) {
        this.least = least;
        this.most = most;
        this.requestsEach = requestsEach;
    }

    /**
     * Looks at the pool as it is now; to be called every second or so.
     *
     * @param now endpoints that there are
     * @param requests in flight and queued
     * @param seen what is known of its caches; null: nothing
     * @param hitRatio that they should reach; null: any
     */
    public Advice look(long nanos, int now, double requests, @Nullable CacheUseReport seen, @Nullable Double hitRatio) {
        if (endpoints == 0) {
            start(nanos, now, requests);
        }
        load += (requests - load) * -Math.expm1((lastNanos - nanos) / AVERAGED_NANOS);
        lastNanos = nanos;
        remember(nanos, () -> cacheNeed(seen, now, hitRatio));
        int loadNeed = (int) Math.ceil(load / requestsEach);
        double mostLoad = Arrays.stream(loads).max().orElse(0);
        int mostCacheNeed = Arrays.stream(cacheNeeds).max().orElse(0);
        int roomy = (int) Math.ceil(mostLoad / requestsEach / ROOM);
        boolean mayChange = nanos - changedNanos >= CHANGE_NANOS;
        if (bounded(loadNeed) > endpoints || (mayChange && load / requestsEach > FULL * endpoints)) {
            change(nanos, (int) Math.ceil(load / requestsEach / ROOM));
        } else if (mayChange && bounded(cacheNeed) > endpoints) {
            change(nanos, cacheNeed);
        } else if (mayChange && bounded(Math.max(roomy, mostCacheNeed)) < endpoints) {
            change(nanos, endpoints - 1);
        }
        return new Advice(endpoints, loadNeed, cacheNeed, reason(seen, now, hitRatio));
    }

    private interface Need {
        int endpoints();
    }

    private void start(long nanos, int now, double requests) {
        load = requests;
        lastNanos = nanos;
        slot = nanos / SLOT_NANOS - 1;
        change(nanos, Math.max(now, (int) Math.ceil(requests / requestsEach / ROOM)));
        // What comes first may be corrected at once.
        changedNanos = nanos - CHANGE_NANOS;
        // Nobody knows the half hour before: all that there are may have been needed.
        Arrays.fill(loads, now * requestsEach * ROOM);
        Arrays.fill(cacheNeeds, 0);
    }

    /** The largest needs of each minute; what caches need is looked at once in it. */
    private void remember(long nanos, Need need) {
        long current = nanos / SLOT_NANOS;
        for (; slot < current; slot++) {
            loads[at(slot + 1)] = 0;
            cacheNeed = slot + 1 == current ? need.endpoints() : cacheNeed;
            cacheNeeds[at(slot + 1)] = cacheNeed;
        }
        loads[at(current)] = Math.max(loads[at(current)], load);
    }

    private static int at(long slot) {
        return Math.floorMod(slot, SLOTS);
    }

    private int cacheNeed(@Nullable CacheUseReport seen, int now, @Nullable Double hitRatio) {
        if (seen == null || hitRatio == null || CacheAdvice.missing(seen, now) != null) {
            return 0;
        }
        double best = 0;
        for (int count = least; count <= most; count++) {
            best = Math.max(best, ratio(seen, now, count));
        }
        double goal = Math.min(hitRatio, best - NEARLY);
        for (int count = least; count <= most; count++) {
            if (ratio(seen, now, count) >= goal) {
                return count;
            }
        }
        return 0;
    }

    private static double ratio(CacheUseReport seen, int now, int endpoints) {
        return CacheAdvice.change(seen, now, endpoints, 1, 0).hitRatio();
    }

    private void change(long nanos, int wanted) {
        if (bounded(wanted) != endpoints) {
            endpoints = bounded(wanted);
            changedNanos = nanos;
        }
    }

    private int bounded(int wanted) {
        return Math.max(least, Math.min(most, wanted));
    }

    private String reason(@Nullable CacheUseReport seen, int now, @Nullable Double hitRatio) {
        int loadNeed = (int) Math.ceil(load / requestsEach);
        String text;
        if (cacheNeed > loadNeed && cacheNeed >= endpoints && seen != null && hitRatio != null && now > 0) {
            text = String.format(
                    Locale.ROOT,
                    "cache: a pool of %d would hit %.2f (target %.2f)",
                    cacheNeed,
                    ratio(seen, now, cacheNeed),
                    hitRatio);
        } else {
            // Told anew each second: a format would cost more than all that it is derived from.
            text = "load: " + Math.round(load * 10) / 10.0 + " requests in flight and queued, "
                    + Math.round(requestsEach) + " for each endpoint";
        }
        if (loadNeed > most || cacheNeed > most || now > most) {
            return text + "; no more than %d are allowed".formatted(most);
        }
        return Math.max(loadNeed, cacheNeed) < endpoints && endpoints > least
                ? text + "; one less at a time, after half an hour with room for it"
                : text;
    }
}
