package dev.warmlane.core.prefix.reuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.CacheUseReport.HitRatioCurve;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.replay.load.PoissonLoad.SharedPrefixLoad;
import dev.warmlane.tools.replay.load.SessionLoad.ConversationsLoad;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The curve of a sample against the stack distances of every block. */
class CacheUseReferenceTest {
    private static final double BYTES_PER_TOKEN = LoadRequest.BYTES_PER_TOKEN;
    private static final long RESPONSE_NANOS = 5_000_000_000L;

    private record Arrival(long nanos, LoadRequest request) {}

    @ParameterizedTest
    @CsvSource({"conversations, 400000", "conversations, 3200000", "shared-prefix, 800000"})
    void isOffByAHundredthAtMost(String name, long poolTokens) throws Exception {
        Load load = name.equals("conversations")
                ? new ConversationsLoad(3, 4000, 7).read()
                : new SharedPrefixLoad(150, 5, 6000, 1200, 1000, 14, 8000, 7).read();
        CacheUse use = new CacheUse();
        use.capacity(poolTokens);
        Exact exact = new Exact();

        long end = serve(load, use, exact);

        HitRatioCurve curve = use.lastDay(end).curve();
        double error = 0;
        int sizes = 0;
        for (double times = 0.25; times <= 8; times *= Math.pow(2, 0.25)) {
            error += Math.abs(curve.hitRatio(times * poolTokens) - exact.hitRatio(times * poolTokens));
            sizes++;
        }
        assertThat(error / sizes).isLessThanOrEqualTo(0.01);
        assertThat(Math.abs(curve.infiniteHitRatio() - exact.hitRatio(1e15))).isLessThanOrEqualTo(0.01);
    }

    /** The time at the end. */
    private static long serve(Load load, CacheUse use, Exact exact) {
        PriorityQueue<Arrival> arrivals = new PriorityQueue<>(Comparator.comparingLong(Arrival::nanos));
        load.arrivals().forEach(request -> arrivals.add(new Arrival(request.delayNanos(), request)));
        long now = 0;
        while (!arrivals.isEmpty()) {
            Arrival next = arrivals.remove();
            LoadRequest request = next.request();
            now = next.nanos();
            PromptBlocks prompt = request.prompt();
            ToldUse.Prompt told = ToldUse.Prompt.of(prompt, request.session() + 1, 0, BYTES_PER_TOKEN);
            use.sent(told, prompt, now);
            use.completed(new ToldUse.Completed(told, null, request.promptTokens(), request.outputTokens(), null), now);
            use.work();
            exact.serve(request);
            for (LoadRequest follower : request.followers()) {
                arrivals.add(new Arrival(now + RESPONSE_NANOS + follower.delayNanos(), follower));
            }
        }
        return now;
    }

    /** Distances of all blocks, those that responses fill included. */
    private static final class Exact {
        private final Map<Long, Integer> lastUse = new HashMap<>();
        private final int[] tree = new int[1 << 22];
        private final Map<Integer, Long> tokensByDistance = new HashMap<>();
        private long promptTokens;
        private int clock;

        void serve(LoadRequest request) {
            long[] hashes = request.blockHashes();
            int hittable = Math.min(hashes.length, (request.promptTokens() - 1) / Load.BLOCK_SIZE_TOKENS);
            promptTokens += request.promptTokens();
            for (int i = 0; i < hittable; i++) {
                Integer last = lastUse.get(hashes[i]);
                if (last != null) {
                    int distance = lastUse.size() - livingUpTo(last);
                    tokensByDistance.merge(distance, (long) Load.BLOCK_SIZE_TOKENS, Long::sum);
                }
            }
            for (int i = hashes.length - 1; i >= 0; i--) {
                Integer last = lastUse.put(hashes[i], ++clock);
                if (last != null) {
                    add(last, -1);
                }
                add(clock, 1);
            }
        }

        double hitRatio(double cacheTokens) {
            long hits = 0;
            for (int distance : new TreeSet<>(tokensByDistance.keySet())) {
                if ((double) distance * Load.BLOCK_SIZE_TOKENS < cacheTokens) {
                    hits += tokensByDistance.get(distance);
                }
            }
            return (double) hits / promptTokens;
        }

        private int livingUpTo(int position) {
            int sum = 0;
            for (int i = position; i > 0; i &= i - 1) {
                sum += tree[i];
            }
            return sum;
        }

        private void add(int position, int count) {
            for (int i = position; i < tree.length; i += i & -i) {
                tree[i] += count;
            }
        }
    }
}
