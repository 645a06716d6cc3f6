package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.engine.CacheConfig;
import dev.warmlane.tools.simulator.engine.EngineModel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a simulated server is set up. Immutable; start from {@link #DEFAULTS} and change what matters.
 *
 * @param models what it serves
 * @param cache its KV cache
 * @param engine how fast it is
 * @param version whose wire format it speaks
 * @param promptTokensDetails whether usage says how many prompt tokens were cached
 * @param outputTokens length of a response when the request does not say; at least 1
 * @param apiKey what requests to {@code /v1} must bear, or null for none
 * @param faults what it does wrong from the start
 * @param seed of its random choices: ids, and which requests fail
 */
public record ServerOptions(
        ServedModels models,
        CacheConfig cache,
        EngineModel engine,
        VllmVersion version,
        boolean promptTokensDetails,
        int outputTokens,
        @Nullable String apiKey,
        Faults faults,
        long seed) {

    /** Qwen3 in the newest wire format, at demo speed, with a cache of 442,432 tokens. */
    public static final ServerOptions DEFAULTS = new ServerOptions(
            new ServedModels("Qwen/Qwen3-0.6B", List.of(), 131_072),
            new CacheConfig(16, 27_652, true),
            EngineModel.DEMO,
            VllmVersion.NEWEST,
            true,
            64,
            null,
            Faults.NONE,
            1);

    public ServerOptions {
        if (outputTokens < 1) {
            throw new IllegalArgumentException("output tokens: %d (expected: >= 1)".formatted(outputTokens));
        }
    }

    public ServerOptions withModels(ServedModels newModels) {
        return new ServerOptions(
                newModels, cache, engine, version, promptTokensDetails, outputTokens, apiKey, faults, seed);
    }

    public ServerOptions withCache(CacheConfig newCache) {
        return new ServerOptions(
                models, newCache, engine, version, promptTokensDetails, outputTokens, apiKey, faults, seed);
    }

    public ServerOptions withEngine(EngineModel newEngine) {
        return new ServerOptions(
                models, cache, newEngine, version, promptTokensDetails, outputTokens, apiKey, faults, seed);
    }

    public ServerOptions withVersion(VllmVersion newVersion) {
        return new ServerOptions(
                models, cache, engine, newVersion, promptTokensDetails, outputTokens, apiKey, faults, seed);
    }

    public ServerOptions withPromptTokensDetails(boolean newDetails) {
        return new ServerOptions(models, cache, engine, version, newDetails, outputTokens, apiKey, faults, seed);
    }

    public ServerOptions withOutputTokens(int newOutputTokens) {
        return new ServerOptions(
                models, cache, engine, version, promptTokensDetails, newOutputTokens, apiKey, faults, seed);
    }

    public ServerOptions withApiKey(@Nullable String newApiKey) {
        return new ServerOptions(
                models, cache, engine, version, promptTokensDetails, outputTokens, newApiKey, faults, seed);
    }

    public ServerOptions withFaults(Faults newFaults) {
        return new ServerOptions(
                models, cache, engine, version, promptTokensDetails, outputTokens, apiKey, newFaults, seed);
    }

    public ServerOptions withSeed(long newSeed) {
        return new ServerOptions(
                models, cache, engine, version, promptTokensDetails, outputTokens, apiKey, faults, newSeed);
    }

    /** Tokens that a prompt and its response may have together: the model's limit, or the cache if that is smaller. */
    int maxTokens() {
        return (int) Math.min(models.maxModelLen(), cache.capacityTokens());
    }

    @Override
    public String toString() {
        return "ServerOptions[models=%s, cache=%s, version=%s]".formatted(models, cache, version);
    }
}
