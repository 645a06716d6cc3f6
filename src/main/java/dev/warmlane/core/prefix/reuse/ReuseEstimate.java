package dev.warmlane.core.prefix.reuse;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.SampledLru.Samples;
import dev.warmlane.core.prefix.reuse.ToldUse.Completed;
import dev.warmlane.core.prefix.reuse.ToldUse.Prompt;
import dev.warmlane.core.prefix.reuse.ToldUse.Sent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What caches of other sizes would hit, by the prompts of a pool as they come. Not thread-safe. 2.5 MB.
 *
 * <p>Blocks of a prompt count as used when it is sent, from the last to the first, as the engine evicts them; generated ones when
 * the response is complete. Those are not known here until a prompt of the session brings them back: they count as the blocks
 * behind the session's last prompt, as many as its response has filled.
 *
 * <p>Implementation notes: what a request costs is its looks at sampled blocks, each about 0.15 us. So these are bounded on average,
 * by making the sample smaller: {@value #LOOKS_PER_REQUEST} a request of this replica, {@value #LOOKS_PER_SECOND} a second more, which
 * let pools with little traffic keep a larger sample, and {@value #LOOKS_AT_FIRST} more at the beginning.
 */
final class ReuseEstimate {
    /** At sampled blocks, for each request. */
    private static final int LOOKS_PER_REQUEST = 4;

    private static final int LOOKS_PER_SECOND = 100;

    private static final int LOOKS_AT_FIRST = 1 << 17;

    /** How many looks are saved up before the sample becomes smaller again. */
    private static final int LOOKS_BETWEEN = 1 << 12;

    /** How many times the pool's own size caches are looked at; of what lies further back only a share is known. */
    private static final int LARGEST_TIMES = 10;

    /** Blocks of one response; more than any engine generates. */
    private static final int MOST_GENERATED = 1 << 16;

    private static final long GENERATED = 0x67656E657261746EL;

    private final UseWindow hour = new UseWindow(3600);
    private final UseWindow day = new UseWindow(86_400);
    private final List<UseWindow> windows = List.of(hour, day);
    private final SessionTurns turns = new SessionTurns();
    private final SampledLru lru = new SampledLru(turns::moved);
    private final SampledLru split = new SampledLru(turns::movedSplit);
    private final SeenBlocks seen = new SeenBlocks();
    private double looksLeft = LOOKS_AT_FIRST;
    private double blockTokens;
    private long lastNanos;

    // Those blocks of the prompt at hand that belong to a sample.
    private final long[] sampledBlocks = new long[ToldUse.MOST_SAMPLED];
    private final int[] sampledAt = new int[ToldUse.MOST_SAMPLED];

    CacheUseReport lastHour(long nowNanos, double capacityTokens, double trafficShare) {
        return hour.report(nowNanos, capacityTokens, trafficShare);
    }

    CacheUseReport lastDay(long nowNanos, double capacityTokens, double trafficShare) {
        return day.report(nowNanos, capacityTokens, trafficShare);
    }

    /**
     * Of what the pool's caches hold, the share that is held by one endpoint alone, by its hash.
     *
     * @param capacityTokens that they hold
     */
    Map<Integer, Double> heldAlone(double capacityTokens) {
        Map<Long, Integer> holders = new HashMap<>();
        double blocks = blockTokens > 0 ? capacityTokens / blockTokens * split.rate() : 0;
        // 0: several.
        split.latest(blocks, (block, endpoint) -> holders.merge(Samples.anywhere(block), endpoint, (one, other) -> 0));
        Map<Integer, Double> alone = new HashMap<>();
        holders.values().forEach(endpoint -> alone.merge(endpoint, 1.0, Double::sum));
        alone.remove(0);
        alone.replaceAll((endpoint, number) -> number / holders.size());
        return alone;
    }

    /** Reduces a request of this replica to what replicas share, and adds its share to the looks that are allowed. */
    Sent reduce(Prompt prompt, PromptBlocks blocks, long nanos) {
        long passed = Math.max(0, nanos - lastNanos);
        lastNanos += passed;
        looksLeft += LOOKS_PER_REQUEST + LOOKS_PER_SECOND * Math.min(1, passed / 1e9);
        looksLeft = Math.min(LOOKS_AT_FIRST, looksLeft);
        int last = prompt.key() == 0 ? -1 : turns.find(prompt.key());
        int sampled = sample(blocks);
        return new Sent(
                prompt,
                Sent.beginnings(blocks),
                last >= 0 && turns.continues(last, blocks) ? turns.length(last) : 0,
                threshold(),
                Arrays.copyOf(sampledAt, sampled),
                Arrays.copyOf(sampledBlocks, sampled));
    }

    /** Finds the blocks that belong to a sample, and how many they are. If they are too many at once, the samples become smaller. */
    private int sample(PromptBlocks blocks) {
        long threshold = threshold();
        int sampled = 0;
        for (int i = 0; i < blocks.length(); i++) {
            long block = Samples.block(blocks.hash(i));
            if (Samples.key(block) < threshold) {
                if (sampled == sampledAt.length) {
                    lower();
                    return sample(blocks);
                }
                sampledAt[sampled] = i;
                sampledBlocks[sampled++] = block;
            }
        }
        return sampled;
    }

    private long threshold() {
        return Math.max(lru.threshold(), split.threshold());
    }

    private void lower() {
        lru.lower();
        split.lower();
        looksLeft = LOOKS_BETWEEN;
    }

    /** A request is sent, by this replica or another. */
    void look(Sent sent, double capacityTokens, long nanos) {
        Prompt prompt = sent.prompt();
        // Who told it has left out the others.
        lru.lowerTo(sent.threshold());
        split.lowerTo(sent.threshold());
        blockTokens = prompt.blockTokens();
        int hittable = prompt.hittable();
        for (UseWindow window : windows) {
            window.request(prompt.tokens(), hittable * blockTokens, nanos);
        }
        int last = prompt.key() == 0 || prompt.length() == 0 ? -1 : turns.find(prompt.key());
        int generatedFrom = 0;
        int generatedTo = 0;
        if (last >= 0) {
            compare(turns.difference(last, sent.beginnings()));
            if (sent.continued() == turns.length(last)) {
                generatedFrom = sent.continued();
                generatedTo = Math.min(turns.filled(last), prompt.length());
            }
        }
        long[] blocks = sent.blocks();
        for (int i = 0; i < blocks.length && sent.at()[i] < hittable; i++) {
            int at = sent.at()[i];
            long block = blocks[i];
            boolean generated = at >= generatedFrom && at < generatedTo && lru.position(block) == 0;
            if (lru.samples(block)) {
                measure(block, generated ? turns.position(last) : lru.position(block), generated, blockTokens);
            }
            if (split.samples(block)) {
                measureSplit(prompt, capacityTokens, block, generated ? last : -1);
            }
        }
        if (generatedTo > generatedFrom) {
            for (int i = generatedFrom; i < turns.filled(last); i++) {
                long block = generatedBlock(turns.lastBlock(last), i);
                lru.remove(block);
                split.remove(Samples.at(turns.endpoint(last), block));
            }
        }
        for (int i = blocks.length - 1; i >= 0; i--) {
            useBlock(blocks[i], prompt.endpoint(), true);
        }
        if (looksLeft < 0) {
            lower();
        }
        if (capacityTokens > 0) {
            double most = LARGEST_TIMES * capacityTokens / blockTokens;
            lru.keep(most * lru.rate());
            split.keep(most * split.rate());
        }
        if (prompt.key() != 0 && prompt.length() > 0) {
            boolean stayed = last >= 0 && turns.endpoint(last) == prompt.endpoint();
            int returned = stayed ? Math.min(generatedTo, hittable) - generatedFrom : 0;
            turns.put(prompt, sent.beginnings(), Math.max(0, returned));
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
    private void measureSplit(Prompt prompt, double capacityTokens, long block, int turn) {
        double tokens = prompt.blockTokens() / split.rate();
        int lastEndpoint = turn >= 0 ? turns.endpoint(turn) : lru.endpoint(block);
        int anywhere = turn >= 0 ? turns.splitPosition(turn) : split.position(Samples.at(lastEndpoint, block));
        int here = lastEndpoint == prompt.endpoint() ? anywhere : split.position(Samples.at(prompt.endpoint(), block));
        boolean isKnown = turn >= 0 || anywhere > 0;
        double distance = split.blocksAbove(anywhere) * tokens;
        if (isKnown && distance < capacityTokens && lastEndpoint != prompt.endpoint()) {
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

    /** A response is complete, at this replica or another. */
    void completed(Completed completed, long nanos) {
        Prompt prompt = completed.prompt();
        int returned = generated(prompt, completed.outputTokens());
        Long cached = completed.cached();
        Long said = completed.predicted();
        long promptTokens = completed.promptTokens();
        if (cached != null && promptTokens > 0) {
            long delivered = Math.min(promptTokens, cached);
            long predicted = said == null
                    ? delivered
                    : Math.min(promptTokens, said + Math.round(returned * prompt.blockTokens()));
            for (UseWindow window : windows) {
                window.completed(promptTokens, predicted, delivered, nanos);
            }
        }
    }

    /** Notes the blocks that a response fills; how many such blocks its prompt had brought back. */
    private int generated(Prompt prompt, long outputTokens) {
        if (prompt.length() == 0) {
            return 0;
        }
        int most = prompt.length() + MOST_GENERATED;
        int filled = (int) Math.min(most, (prompt.tokens() + outputTokens) / prompt.blockTokens());
        for (int i = filled - 1; i >= prompt.length(); i--) {
            useBlock(generatedBlock(prompt.lastBlock(), i), prompt.endpoint(), false);
        }
        int turn = prompt.key() == 0 ? -1 : turns.find(prompt.key());
        if (turn < 0 || !turns.isLast(turn, prompt)) {
            return 0;
        }
        turns.fill(turn, Math.max(prompt.length(), filled), lru.top(), split.top());
        return turns.returned(turn);
    }

    /** Stands for a block that was generated, whose hash is not known. */
    private static long generatedBlock(long lastBlock, int index) {
        return Samples.block(lastBlock ^ (GENERATED * (index + 1)));
    }
}
