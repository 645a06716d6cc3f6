package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.warmlane.core.vllm.PrefixCacheCounters;
import dev.warmlane.engines.probe.PrefixCacheWindows;
import org.jspecify.annotations.Nullable;

/**
 * Hit tokens by queried tokens, in [0, 1]; null over no queries.
 *
 * @param life since the server started
 * @param lastMinute over the last minute
 * @param last5Minutes over the last 5 minutes
 * @param last60Minutes over the last 60 minutes
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record HitRatios(
        @Nullable Double life,
        @JsonProperty("1m") @Nullable Double lastMinute,
        @JsonProperty("5m") @Nullable Double last5Minutes,
        @JsonProperty("60m") @Nullable Double last60Minutes) {
    static HitRatios of(@Nullable PrefixCacheCounters life, PrefixCacheWindows windows) {
        return new HitRatios(
                life == null ? null : life.hitRatio(),
                windows.lastMinute().hitRatio(),
                windows.last5Minutes().hitRatio(),
                windows.last60Minutes().hitRatio());
    }
}
