package dev.warmlane.core.prefix.reuse;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.SampledLru.Samples;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Watches the prompts of a pool and what engines deliver of them, and knows what caches of other sizes would hit. Safe for
 * concurrent use. A request only queues what it has to tell; {@link #work} does the rest, on another thread. Bounded to
 * 2.5 MB and {@value #MOST_QUEUED} longs (4 MB) in the queue, whatever comes: requests that find it full are left out and
 * counted.
 *
 * <p>Blocks of a prompt count as used when it is sent, from the last to the first, as the engine evicts them; generated ones when
 * the response is complete. Those are not known here until a prompt of the session brings them back: they count as the blocks
 * behind the session's last prompt, as many as its response has filled. At least one token of a prompt is computed.
 *
 * <p>Implementation notes: what a request costs is its looks at sampled blocks, each about 0.15 us. So these are bounded on average,
 * by making the sample smaller: {@value #LOOKS_PER_REQUEST} a request, {@value #LOOKS_PER_SECOND} a second more, which let pools
 * with little traffic keep a larger sample, and {@value #LOOKS_AT_FIRST} more at the beginning.
 */
public final class CacheUse {
    private static final long MOST_QUEUED = 1 << 19;

    /** Longs, beside the blocks of its prompt, that something queued may take. */
    private static final int QUEUED_ALONE = 32;

    /** At sampled blocks, for each request. */
    private static final int LOOKS_PER_REQUEST = 4;

    private static final int LOOKS_PER_SECOND = 100;

    private static final int LOOKS_AT_FIRST = 1 << 17;

    /** Sampled blocks of one prompt. */
    private static final int MOST_AT_ONCE = 1 << 13;

    /** How many looks are saved up before the sample becomes smaller again. */
    private static final int LOOKS_BETWEEN = 1 << 12;

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
    private final Queue<Told> queue = new ConcurrentLinkedQueue<>();
    private final AtomicLong queued = new AtomicLong();
    private final LongAdder leftOut = new LongAdder();
    private volatile double capacityTokens;
    private double looksLeft = LOOKS_AT_FIRST;
    private long lastNanos;

    // Those blocks of the prompt at hand that belong to a sample.
    private final long[] sampledBlocks = new long[MOST_AT_ONCE];
    private final int[] sampledAt = new int[MOST_AT_ONCE];
    private int sampled;

    /**
     * What one request has to tell.
     *
     * @param prompt the blocks of its prompt
     * @param key its session, as a hash; 0 if it has none
     * @param endpoint where it goes, as a hash
     * @param bytesPerToken of its prompt
     */
    public record Use(PromptBlocks prompt, long key, int endpoint, double bytesPerToken) {
        private long queuedLongs() {
            return (long) prompt.length() + QUEUED_ALONE;
        }

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
            tell(use, () -> look(use, nanos));
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
        tell(use, () -> {
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

    /** Requests and responses that were left out because too many came at once. */
    public long leftOut() {
        return leftOut.sum();
    }

    /** What has been seen in the last hour, where a request one hour back counts for a third. */
    public CacheUseReport lastHour(long nowNanos) {
        return report(hour, nowNanos);
    }

    /** The same of the last day. */
    public CacheUseReport lastDay(long nowNanos) {
        return report(day, nowNanos);
    }

    private CacheUseReport report(UseWindow window, long nowNanos) {
        lock.lock();
        try {
            work();
            return window.report(nowNanos, capacityTokens);
        } finally {
            lock.unlock();
        }
    }

    private void tell(Use use, Runnable what) {
        long room = use.queuedLongs();
        if (queued.addAndGet(room) > MOST_QUEUED) {
            queued.addAndGet(-room);
            leftOut.increment();
        } else {
            queue.add(new Told(room, what));
        }
    }

    /**
     * Takes in what was told. To be called often enough that the queue does not fill; not by requests.
     *
     * @return whether anything was
     */
    public boolean work() {
        if (queue.isEmpty()) {
            return false;
        }
        lock.lock();
        try {
            for (Told next = queue.poll(); next != null; next = queue.poll()) {
                queued.addAndGet(-next.room);
                next.what.run();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** @param room that it takes in the queue */
    private record Told(long room, Runnable what) {}

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
        sample(prompt);
        for (int i = 0; i < sampled && sampledAt[i] < hittable; i++) {
            long block = sampledBlocks[i];
            boolean generated = sampledAt[i] >= generatedFrom && sampledAt[i] < generatedTo && lru.position(block) == 0;
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
        for (int i = sampled - 1; i >= 0; i--) {
            useBlock(sampledBlocks[i], use.endpoint, true);
        }
        long passed = Math.max(0, nanos - lastNanos);
        lastNanos += passed;
        looksLeft += LOOKS_PER_REQUEST + LOOKS_PER_SECOND * Math.min(1, passed / 1e9);
        looksLeft = Math.min(LOOKS_AT_FIRST, looksLeft);
        if (looksLeft < 0) {
            lower();
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

    /** Finds the blocks that belong to a sample. If they are too many at once, the samples become smaller. */
    private void sample(PromptBlocks prompt) {
        long threshold = Math.max(lru.threshold(), split.threshold());
        sampled = 0;
        for (int i = 0; i < prompt.length(); i++) {
            long block = Samples.block(prompt.hash(i));
            if (Samples.key(block) < threshold) {
                if (sampled == MOST_AT_ONCE) {
                    lower();
                    sample(prompt);
                    return;
                }
                sampledAt[sampled] = i;
                sampledBlocks[sampled++] = block;
            }
        }
    }

    private void lower() {
        lru.lower();
        split.lower();
        looksLeft = LOOKS_BETWEEN;
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
            looksLeft--;
            lru.use(block, endpoint);
            if (isSeen && seen.samples(block)) {
                seen.add(block);
            }
        }
        if (split.samples(block)) {
            looksLeft--;
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
