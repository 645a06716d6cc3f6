package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint; null where the engine does not say.
 *
 * @param id pod UID or URL
 * @param name pod name or {@code host:port}
 * @param uri where it answers
 * @param state the label of its state
 * @param loadShare the part of an equal load that it may take, in (0, 1]; less than 1 while it is starting
 * @param ejection why it is out; null if it is not
 * @param prefixCache its own counters and ratios
 * @param kvCacheUsage share of KV blocks held by running requests, in [0, 1]
 * @param running requests in the engine's batch
 * @param waiting requests queued in the engine
 * @param inFlight requests that the gateway has in flight
 * @param blockSizeTokens tokens in one KV block
 * @param blocks KV blocks of all its engines
 * @param promptTokens prompt tokens it has processed since it started
 * @param generationTokens tokens it has generated since it started
 * @param prefixCaching whether its prefix cache is on
 * @param version vLLM's version
 * @param models the names of its models; empty while it has not listed them
 * @param scrape how fresh this is
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record EndpointStatus(
        String id,
        String name,
        String uri,
        String state,
        double loadShare,
        @Nullable EjectionStatus ejection,
        PrefixCacheStatus prefixCache,
        @Nullable Double kvCacheUsage,
        @Nullable Long running,
        @Nullable Long waiting,
        long inFlight,
        @Nullable Integer blockSizeTokens,
        @Nullable Long blocks,
        @Nullable Boolean prefixCaching,
        @Nullable Long promptTokens,
        @Nullable Long generationTokens,
        @Nullable String version,
        List<String> models,
        ScrapeStatus scrape) {
    public EndpointStatus {
        models = List.copyOf(models);
    }
}
