package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.core.vllm.PrefixCacheCounters;
import dev.warmlane.engines.probe.PrefixCacheWindows;
import org.jspecify.annotations.Nullable;

/**
 * The prefix cache of one server or of several.
 *
 * @param queriedTokens tokens looked up since the server started
 * @param hitTokens those found
 * @param hitRatio hit tokens by queried tokens
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record PrefixCacheStatus(
        @Nullable Long queriedTokens, @Nullable Long hitTokens, HitRatios hitRatio) {
    static PrefixCacheStatus of(@Nullable PrefixCacheCounters life, PrefixCacheWindows windows) {
        return new PrefixCacheStatus(
                life == null ? null : life.queriedTokens(),
                life == null ? null : life.hitTokens(),
                HitRatios.of(life, windows));
    }
}
