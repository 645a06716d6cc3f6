package dev.warmlane.core.prefix.reuse;

import dev.warmlane.core.prefix.PromptBlocks;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Watches the prompts of a pool and what engines deliver of them, and knows what caches of other sizes would hit. Safe for
 * concurrent use; a request never waits: it queues what it has to tell, and does the work of the queue unless somebody
 * else is at it. Bounded to 3.6 MB, whatever comes: when more than {@value #MOST_QUEUED} wait, what comes on top is left out.
 *
 * <p>Blocks of a prompt count as used when it is sent, from the last to the first, as the engine evicts them; generated ones when
 * the response is complete. Those are not known here until a prompt of the session brings them back: they count as the blocks
 * behind the session's last prompt, as many as its response has filled. At least one token of a prompt is computed.
 */
public final class CacheUse {
    private static final int MOST_QUEUED = 256;

    /** How many times the pool's own size caches are looked at; of what lies further back only a share is known. */
    private static final int LARGEST_TIMES = 10;

    private static final long GENERATED = 0x67656E657261746EL;

    private final UseWindow hour = new UseWindow(3600);
    private final UseWindow day = new UseWindow(86_400);
    private final List<UseWindow> windows = List.of(hour, day);
    private final SessionTurns turns = new SessionTurns();
    private final SampledLru lru = new SampledLru(turns::moved);
    private final SampledLru split = new SampledLru(turns::movedSplit);
    private final SeenBlocks seen = new SeenBlocks();
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private volatile double capacityTokens;

    /**
     * What one request has to tell.
     *
     * @param prompt the blocks of its prompt
     * @param key its session, as a hash; 0 if it has none
     * @param endpoint where it goes, as a hash
     * @param bytesPerToken of its prompt
     */
    public record Use(PromptBlocks prompt, long key, int endpoint, double bytesPerToken) {
        private double blockTokens() {
            return prompt.blockSizeBytes() / bytesPerToken;
        }
    }

    /** What all caches of the pool hold together, in tokens; 0 if that is not known. */
    public void capacity(double tokens) {
        capacityTokens = tokens;
    }

    /** A request is sent to an endpoint. */
    public void sent(Use use, long nanos) {
        if (use.prompt.bytes() > 0) {
            tell(() -> look(use, nanos));
        }
    }

    /**
     * A response is complete.
     *
     * @param predictedTokens of its prompt that were predicted to be cached; null if nothing was predicted
     * @param promptTokens of its prompt
     * @param outputTokens generated
     * @param cachedTokens of its prompt that were; null if the engine does not say
     */
    public void answered(
            Use use,
            @Nullable Long predictedTokens,
            long promptTokens,
            long outputTokens,
            @Nullable Long cachedTokens,
            long nanos) {
        tell(() -> {
            int returned = generated(use, outputTokens);
            if (cachedTokens != null && promptTokens > 0) {
                long delivered = Math.min(promptTokens, cachedTokens);
                long predicted = predictedTokens == null
                        ? delivered
                        : Math.min(promptTokens, predictedTokens + Math.round(returned * use.blockTokens()));
                for (UseWindow window : windows) {
                    window.answered(promptTokens, predicted, delivered, nanos);
                }
            }
        });
    }

    /** What has been seen in the last hour, where a request one hour back counts for a third. */
    public CacheUseReport lastHour(long nowNanos) {
        return report(hour, nowNanos);
    }

    /** The same of the last day. */
    public CacheUseReport lastDay(long nowNanos) {
        return report(day, nowNanos);
    }

    /** May wait for a request that is being noted. */
    private CacheUseReport report(UseWindow window, long nowNanos) {
        lock.lock();
        try {
            work();
            return window.report(nowNanos, capacityTokens);
        } finally {
            lock.unlock();
        }
    }

    private void tell(Runnable what) {
        if (queued.incrementAndGet() > MOST_QUEUED) {
            queued.decrementAndGet();
            return;
        }
        queue.add(what);
        if (lock.tryLock()) {
            try {
                work();
            } finally {
                lock.unlock();
            }
        }
    }

    private void work() {
        for (Runnable next = queue.poll(); next != null; next = queue.poll()) {
            queued.decrementAndGet();
            next.run();
        }
    }

    private void look(Use use, long nanos) {
        PromptBlocks prompt = use.prompt;
        double blockTokens = use.blockTokens();
        boolean endsWithBlock = (long) prompt.length() * prompt.blockSizeBytes() == prompt.bytes();
        int hittable = Math.max(0, endsWithBlock ? prompt.length() - 1 : prompt.length());
        for (UseWindow window : windows) {
            window.request(prompt.bytes() / use.bytesPerToken, hittable * blockTokens, nanos);
        }
        int last = use.key == 0 || prompt.length() == 0 ? -1 : turns.find(use.key);
        int generatedFrom = 0;
        int generatedTo = 0;
        if (last >= 0) {
            compare(turns.difference(last, prompt));
            if (turns.continues(last, prompt)) {
                generatedFrom = turns.length(last);
                generatedTo = Math.min(turns.filled(last), prompt.length());
            }
        }
        for (int i = 0; i < hittable; i++) {
            long block = Samples.block(prompt.hash(i));
            boolean generated = i >= generatedFrom && i < generatedTo && lru.position(block) == 0;
            if (lru.samples(block)) {
                measure(block, generated ? turns.position(last) : lru.position(block), generated, blockTokens);
            }
            if (split.samples(block)) {
                measureSplit(use, block, generated ? last : -1);
            }
        }
        if (generatedTo > generatedFrom) {
            for (int i = generatedFrom; i < turns.filled(last); i++) {
                long block = generatedBlock(prompt.hash(generatedFrom - 1), i);
                lru.remove(block);
                split.remove(Samples.at(turns.endpoint(last), block));
            }
        }
        for (int i = prompt.length() - 1; i >= 0; i--) {
            useBlock(Samples.block(prompt.hash(i)), use.endpoint, true);
        }
        if (capacityTokens > 0) {
            double most = LARGEST_TIMES * capacityTokens / blockTokens;
            lru.keep(most * lru.rate());
            split.keep(most * split.rate());
        }
        if (use.key != 0 && prompt.length() > 0) {
            boolean stayed = last >= 0 && turns.endpoint(last) == use.endpoint;
            int returned = stayed ? Math.min(generatedTo, hittable) - generatedFrom : 0;
            turns.put(use.key, prompt, use.endpoint, Math.max(0, returned));
        }
    }

    private void compare(int difference) {
        for (UseWindow window : windows) {
            window.turn(difference);
        }
    }

    /** @param position of the last use; 0 of a block that was not there or is forgotten, unless it was generated */
    private void measure(long block, int position, boolean generated, double blockTokens) {
        double tokens = blockTokens / lru.rate();
        double distance = lru.blocksAbove(position) * tokens;
        boolean far = seen.samples(block) && seen.contains(block);
        for (UseWindow window : windows) {
            double weighted = window.weight() * tokens;
            window.one.sampled(weighted);
            if (position > 0 || generated) {
                window.one.hit(distance, weighted);
            } else if (far) {
                window.one.far(window.weight() * blockTokens / Math.min(lru.rate(), seen.rate()));
            }
        }
    }

    /**
     * Where nobody holds the block any more, routing was free: with larger caches the request would have gone to who had it
     * last. Where somebody does and the request goes elsewhere, it would do so with any caches.
     *
     * @param turn of whose response the block is; -1: none
     */
    private void measureSplit(Use use, long block, int turn) {
        double tokens = use.blockTokens() / split.rate();
        int lastEndpoint = turn >= 0 ? turns.endpoint(turn) : lru.endpoint(block);
        int anywhere = turn >= 0 ? turns.splitPosition(turn) : split.position(Samples.at(lastEndpoint, block));
        int here = lastEndpoint == use.endpoint ? anywhere : split.position(Samples.at(use.endpoint, block));
        boolean isKnown = turn >= 0 || anywhere > 0;
        double distance = split.blocksAbove(anywhere) * tokens;
        if (isKnown && distance < capacityTokens && lastEndpoint != use.endpoint) {
            isKnown = here > 0;
            distance = split.blocksAbove(here) * tokens;
        }
        for (UseWindow window : windows) {
            double weighted = window.weight() * tokens;
            window.split.sampled(weighted);
            if (isKnown) {
                window.split.hit(distance, weighted);
            }
        }
    }

    private void useBlock(long block, int endpoint, boolean isSeen) {
        if (lru.samples(block)) {
            lru.use(block, endpoint);
            if (isSeen && seen.samples(block)) {
                seen.add(block);
            }
        }
        if (split.samples(block)) {
            split.use(Samples.at(endpoint, block), endpoint);
        }
    }

    /** Notes the blocks that a response fills; how many such blocks its prompt had brought back. */
    private int generated(Use use, long outputTokens) {
        PromptBlocks prompt = use.prompt;
        if (prompt.length() == 0) {
            return 0;
        }
        double tokens = prompt.bytes() / use.bytesPerToken + outputTokens;
        int filled = Math.max(prompt.length(), (int) Math.min(Integer.MAX_VALUE, tokens / use.blockTokens()));
        long lastBlock = prompt.hash(prompt.length() - 1);
        for (int i = filled - 1; i >= prompt.length(); i--) {
            useBlock(generatedBlock(lastBlock, i), use.endpoint, false);
        }
        int turn = use.key == 0 ? -1 : turns.find(use.key);
        if (turn < 0 || !turns.isLast(turn, prompt)) {
            return 0;
        }
        turns.fill(turn, filled, lru.top(), split.top());
        return turns.returned(turn);
    }

    /** Stands for a block that was generated, whose hash is not known. */
    private static long generatedBlock(long lastBlock, int index) {
        return Samples.block(lastBlock ^ (GENERATED * (index + 1)));
    }
}
