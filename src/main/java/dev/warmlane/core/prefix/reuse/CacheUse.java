package dev.warmlane.core.prefix.reuse;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.ToldUse.Completed;
import dev.warmlane.core.prefix.reuse.ToldUse.Prompt;
import dev.warmlane.core.prefix.reuse.ToldUse.Sent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Estimates what caches of other sizes would hit, from the prompts of a pool and the cached tokens that engines report, here and at
 * the replicas that share theirs. Safe for concurrent use. A request only queues its prompt; {@link #work} does the rest, on
 * another thread. Bounded to 2.5 MB and {@value #MOST_QUEUED} longs (4 MB) in the queue, whatever comes: requests that find it full
 * are left out and counted.
 */
public final class CacheUse {
    private static final long MOST_QUEUED = 1 << 19;

    /** Longs, beside the blocks of its prompt, that something queued may take. */
    private static final int QUEUED_ALONE = 32;

    /** After this silence a replica no longer counts. */
    private static final long SILENCE_NANOS = 3_600_000_000_000L;

    private static final int MOST_ORIGINS = 1000;

    /** Above this share, what seems to be others' traffic may as well be our own requests under way. */
    private static final double NEARLY_ALL = 0.9;

    private final ReuseEstimate estimate = new ReuseEstimate();
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Queued> queue = new ConcurrentLinkedQueue<>();
    private final AtomicLong queued = new AtomicLong();
    private final LongAdder leftOut = new LongAdder();
    private final Map<String, Long> heardNanos = new HashMap<>();
    private volatile Consumer<List<ToldUse>> others = told -> {};
    private volatile boolean tells;
    private volatile double capacityTokens;
    private volatile double trafficShare = 1;

    /**
     * @param longs that it takes in the queue
     * @param origin the replica that told it; null: this one
     * @param told asked for under the lock
     */
    private record Queued(long longs, @Nullable String origin, long nanos, Supplier<ToldUse> told) {}

    /** What all caches of the pool hold together, in tokens; 0 if that is not known. */
    public void capacity(double tokens) {
        capacityTokens = tokens;
    }

    /** The share of the engines' requests that is seen here, in (0, 1]; the same share of their caches is counted. */
    public void trafficShare(double share) {
        trafficShare = share < NEARLY_ALL ? share : 1;
    }

    /** Tells the other replicas of this one's requests from now on; on the thread that {@link #work}s. */
    public void tellOthers(Consumer<List<ToldUse>> listener) {
        others = listener;
        tells = true;
    }

    /**
     * A request is sent to an endpoint.
     *
     * @param blocks of its prompt
     */
    public void sent(Prompt prompt, PromptBlocks blocks, long nanos) {
        if (prompt.bytes() > 0) {
            long longs = (long) blocks.length() + QUEUED_ALONE;
            queue(new Queued(longs, null, nanos, () -> estimate.reduce(prompt, blocks, nanos)));
        }
    }

    /** A response of this replica's endpoints is complete. */
    public void completed(Completed response, long nanos) {
        if (response.prompt().bytes() > 0) {
            queue(new Queued(QUEUED_ALONE, null, nanos, () -> response));
        }
    }

    /** Another replica reports a request or response of its own. */
    public void heard(String origin, ToldUse told, long nanos) {
        int sampled = told instanceof Sent sent ? sent.blocks().length : 0;
        queue(new Queued(2L * sampled + QUEUED_ALONE, origin, nanos, () -> told));
    }

    /** Requests and responses that were left out because too many came at once. */
    public long leftOut() {
        return leftOut.sum();
    }

    /** Replicas whose requests are counted, this one included. */
    public int replicas(long nowNanos) {
        lock.lock();
        try {
            heardNanos.values().removeIf(heard -> nowNanos - heard > SILENCE_NANOS);
            return 1 + heardNanos.size();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The share of all cached blocks that only one endpoint holds, by the endpoint's hash: what is lost with it. Endpoints that
     * hold nothing alone are left out.
     */
    public Map<Integer, Double> heldAlone() {
        lock.lock();
        try {
            work();
            return estimate.heldAlone(ourTokens());
        } finally {
            lock.unlock();
        }
    }

    /** What has been seen in the last hour, where a request one hour back counts for a third. */
    public CacheUseReport lastHour(long nowNanos) {
        lock.lock();
        try {
            work();
            return estimate.lastHour(nowNanos, ourTokens(), trafficShare);
        } finally {
            lock.unlock();
        }
    }

    /** What has been seen in the last day, where a request one day back counts for a third. */
    public CacheUseReport lastDay(long nowNanos) {
        lock.lock();
        try {
            work();
            return estimate.lastDay(nowNanos, ourTokens(), trafficShare);
        } finally {
            lock.unlock();
        }
    }

    private double ourTokens() {
        return capacityTokens * trafficShare;
    }

    private void queue(Queued item) {
        if (queued.addAndGet(item.longs) > MOST_QUEUED) {
            queued.addAndGet(-item.longs);
            leftOut.increment();
        } else {
            queue.add(item);
        }
    }

    /**
     * Processes the queue. To be called often enough that it does not fill; not by requests.
     *
     * @return whether anything was
     */
    public boolean work() {
        if (queue.isEmpty()) {
            return false;
        }
        lock.lock();
        try {
            List<ToldUse> own = new ArrayList<>();
            for (Queued next = queue.poll(); next != null; next = queue.poll()) {
                queued.addAndGet(-next.longs);
                ToldUse told = next.told.get();
                take(told, next.nanos);
                if (next.origin != null) {
                    hearOf(next.origin, next.nanos);
                } else if (tells && told.isSound()) {
                    own.add(told);
                }
            }
            if (!own.isEmpty()) {
                others.accept(own);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void hearOf(String origin, long nanos) {
        if (heardNanos.size() < MOST_ORIGINS || heardNanos.containsKey(origin)) {
            heardNanos.put(origin, nanos);
        }
    }

    private void take(ToldUse told, long nanos) {
        if (told instanceof Sent sent) {
            estimate.look(sent, ourTokens(), nanos);
        } else if (told instanceof Completed completed) {
            estimate.completed(completed, nanos);
        }
    }
}
