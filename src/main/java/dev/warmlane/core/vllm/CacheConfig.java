package dev.warmlane.core.vllm;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The labels of vLLM's {@code cache_config_info}, over all engines of a server. An engine that is listed twice, as happens
 * with several API server processes, counts once. For one thread.
 */
final class CacheConfig {
    private final Map<String, Long> blocksByEngine = new HashMap<>();
    private @Nullable Integer blockSizeTokens;
    private @Nullable Boolean prefixCaching;

    void add(PrometheusText info) {
        Long blocks = positive(info.label("num_gpu_blocks"));
        if (blocks != null) {
            String engine = info.label("engine");
            blocksByEngine.put(engine == null ? "" : engine, blocks);
        }
        Long blockSize = positive(info.label("block_size"));
        if (blockSize != null) {
            blockSizeTokens = blockSize.intValue();
        }
        String enabled = info.label("enable_prefix_caching");
        if ("True".equals(enabled) || "False".equals(enabled)) {
            prefixCaching = "True".equals(enabled);
        }
    }

    @Nullable
    Integer blockSizeTokens() {
        return blockSizeTokens;
    }

    /** KV blocks of all engines; null while no engine has said. */
    @Nullable
    Long blocks() {
        return blocksByEngine.isEmpty()
                ? null
                : blocksByEngine.values().stream().mapToLong(Long::longValue).sum();
    }

    @Nullable
    Boolean prefixCaching() {
        return prefixCaching;
    }

    /** An engine that has not measured its memory yet says {@code None}. */
    static @Nullable Long positive(@Nullable String digits) {
        if (digits == null || digits.isEmpty() || digits.length() > 9) {
            return null;
        }
        long number = 0;
        for (int i = 0; i < digits.length(); i++) {
            char digit = digits.charAt(i);
            if (digit < '0' || digit > '9') {
                return null;
            }
            number = number * 10 + (digit - '0');
        }
        return number == 0 ? null : number;
    }
}
