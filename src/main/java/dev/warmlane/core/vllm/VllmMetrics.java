package dev.warmlane.core.vllm;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad;
import dev.warmlane.core.endpoint.Endpoint.EndpointLoad.EndpointAdapters;
import dev.warmlane.core.vllm.MetricTally.MetricFamily;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one vLLM server says in its metrics, its engines taken together. Every part is null where the server does not say
 * it. Immutable.
 *
 * @param load gauges and cache configuration
 * @param prefixCache prefix cache counters since the server started
 * @param preemptions requests put back for want of KV blocks since the server started
 * @param promptTokens prompt tokens processed since the server started
 * @param generationTokens tokens generated since the server started
 * @param rejections requests refused because its queue was full since the server started
 * @param asleep whether all of its engines sleep; false where it does not say
 * @param startSeconds Unix time at which its process began
 * @param adapters its LoRA adapters; null where it has none, or has not used any yet
 * @param ranks the same of each of its engines where there are several, in the order of their numbers: data-parallel ranks; what
 *     concerns the server as a whole, and is no count, says the same in each
 */
public record VllmMetrics(
        EndpointLoad load,
        @Nullable PrefixCacheCounters prefixCache,
        @Nullable Long preemptions,
        @Nullable Long promptTokens,
        @Nullable Long generationTokens,
        @Nullable Long rejections,
        boolean asleep,
        @Nullable Double startSeconds,
        @Nullable EndpointAdapters adapters,
        List<VllmMetrics> ranks) {

    public VllmMetrics {
        ranks = List.copyOf(ranks);
    }

    /** Of one engine. */
    public VllmMetrics(
            EndpointLoad load,
            @Nullable PrefixCacheCounters prefixCache,
            @Nullable Long preemptions,
            @Nullable Long promptTokens,
            @Nullable Long generationTokens,
            @Nullable Long rejections,
            boolean asleep) {
        this(load, prefixCache, preemptions, promptTokens, generationTokens, rejections, asleep, null, null, List.of());
    }

    /**
     * Whether this is said by another process than the earlier metrics: by one that began later or, where they do not say when, counts from
     * zero again.
     */
    public boolean isOfAnotherProcess(VllmMetrics earlier) {
        Double began = earlier.startSeconds;
        if (began != null && startSeconds != null) {
            return startSeconds > began;
        }
        PrefixCacheCounters before = earlier.prefixCache;
        return wentBack(promptTokens, earlier.promptTokens)
                || wentBack(generationTokens, earlier.generationTokens)
                || (prefixCache != null && before != null && prefixCache.queriedTokens < before.queriedTokens);
    }

    private static boolean wentBack(@Nullable Long now, @Nullable Long earlier) {
        return now != null && earlier != null && now < earlier;
    }

    /**
     * Reads a Prometheus text exposition of any vLLM from 0.10 on, all of it at once.
     *
     * @param exposition the body of {@code GET /metrics} in text format 0.0.4
     * @return empty if the body has nothing that this record has
     */
    public static Optional<VllmMetrics> parse(byte[] exposition) {
        Reader reader = new Reader();
        reader.read(exposition, 0, exposition.length);
        return reader.end();
    }

    /**
     * Reads an exposition as it comes, in chunks that may be cut anywhere, and keeps none of it but the line that a chunk cut
     * off. Series of several engines are summed, but for the KV cache usage, where the highest counts. Lines that cannot be
     * read or are longer than {@value #MAX_LINE_BYTES} bytes, and values that are not finite or negative, are passed over. For
     * one thread and one exposition.
     */
    public static final class Reader {
        private static final int MAX_LINE_BYTES = 16 << 10;

        private final MetricTally tally = new MetricTally();
        private byte[] cutOff = {};
        private boolean tooLong;

        /** Reads the bytes in {@code [from, to)}, which may be reused after that. */
        public void read(byte[] chunk, int from, int to) {
            int start = from;
            if (cutOff.length > 0 || tooLong) {
                start = PrometheusText.endOfLine(chunk, from, to);
                keep(chunk, from, start);
                if (start == to) {
                    return;
                }
                addCutOff();
                start++;
            }
            int end = to;
            while (end > start && chunk[end - 1] != '\n') {
                end--;
            }
            add(chunk, start, end);
            keep(chunk, end, to);
        }

        /** What it all says; empty if that is nothing that the record has. */
        public Optional<VllmMetrics> end() {
            addCutOff();
            return tally.total();
        }

        private void keep(byte[] chunk, int from, int to) {
            int length = to - from;
            tooLong |= cutOff.length + length > MAX_LINE_BYTES;
            if (length > 0 && !tooLong) {
                int before = cutOff.length;
                cutOff = Arrays.copyOf(cutOff, before + length);
                System.arraycopy(chunk, from, cutOff, before, length);
            }
        }

        private void addCutOff() {
            if (!tooLong) {
                add(cutOff, 0, cutOff.length);
            }
            cutOff = new byte[0];
            tooLong = false;
        }

        private void add(byte[] lines, int start, int end) {
            PrometheusText samples = new PrometheusText(lines, start, end, MetricFamily.BEGINNINGS);
            while (samples.next()) {
                tally.add(samples);
            }
        }
    }

    /**
     * How much of the prompts a prefix cache was asked for and how much of that it held, in tokens. Immutable.
     *
     * @param queriedTokens prompt tokens looked up
     * @param hitTokens those found
     */
    public record PrefixCacheCounters(long queriedTokens, long hitTokens) {

        /** Nothing asked, nothing found. */
        public static final PrefixCacheCounters NONE = new PrefixCacheCounters(0, 0);

        /** Both counts of the two together. */
        public PrefixCacheCounters plus(PrefixCacheCounters other) {
            return new PrefixCacheCounters(queriedTokens + other.queriedTokens, hitTokens + other.hitTokens);
        }

        /**
         * What was counted after {@code earlier}. Where either count is lower than it was, the server has restarted and
         * counts from zero, so that everything in these counters came after.
         */
        public PrefixCacheCounters since(PrefixCacheCounters earlier) {
            boolean restarted = queriedTokens < earlier.queriedTokens || hitTokens < earlier.hitTokens;
            return restarted
                    ? this
                    : new PrefixCacheCounters(queriedTokens - earlier.queriedTokens, hitTokens - earlier.hitTokens);
        }

        /** Share of the queried tokens that were found, in [0, 1]; null over no queries. */
        public @Nullable Double hitRatio() {
            return queriedTokens == 0 ? null : (double) hitTokens / queriedTokens;
        }
    }
}
