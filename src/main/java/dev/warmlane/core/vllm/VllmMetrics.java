package dev.warmlane.core.vllm;

import dev.warmlane.core.endpoint.EndpointLoad;
import dev.warmlane.core.vllm.MetricTally.MetricFamily;
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
 */
public record VllmMetrics(
        EndpointLoad load,
        @Nullable PrefixCacheCounters prefixCache,
        @Nullable Long preemptions,
        @Nullable Long promptTokens,
        @Nullable Long generationTokens,
        @Nullable Long rejections,
        boolean asleep) {

    /**
     * Reads a Prometheus text exposition of any vLLM from 0.10 on. Series of several engines are summed, but for the KV
     * cache usage, where the highest counts. Lines that cannot be read, and values that are not finite or negative, are
     * passed over.
     *
     * @param exposition the body of {@code GET /metrics} in text format 0.0.4
     * @return empty if the body has nothing that this record has
     */
    public static Optional<VllmMetrics> parse(byte[] exposition) {
        MetricTally tally = new MetricTally();
        PrometheusText samples = new PrometheusText(exposition, MetricFamily.PREFIX);
        while (samples.next()) {
            tally.add(samples);
        }
        return tally.total();
    }
}
