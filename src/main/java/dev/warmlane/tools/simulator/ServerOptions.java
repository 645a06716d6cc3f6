package dev.warmlane.tools.simulator;

import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.simulator.engine.EngineModel;
import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a simulated server is set up. Immutable; start from {@link #DEFAULTS} and change what matters.
 *
 * @param models what it serves
 * @param cache its KV cache
 * @param engine how fast it is
 * @param ranks engines behind its one port, each with a cache of its own: the data-parallel size
 * @param version whose wire format it speaks
 * @param usageDetails whether usage says how many prompt tokens were cached
 * @param outputTokens length of a response when the request does not say; at least 1
 * @param apiKey what requests to {@code /v1} must bear, or null for none
 * @param faults what it does wrong from the start
 * @param seed of its random choices: ids, and which requests fail
 */
public record ServerOptions(
        Models models,
        CacheConfig cache,
        EngineModel engine,
        int ranks,
        VllmVersion version,
        boolean usageDetails,
        int outputTokens,
        @Nullable String apiKey,
        Faults faults,
        long seed) {

    /** Qwen3 in the newest wire format, at demo speed, with a cache of 442,432 tokens. */
    public static final ServerOptions DEFAULTS = new ServerOptions(
            new Models("Qwen/Qwen3-0.6B", List.of(), 131_072),
            new CacheConfig(16, 27_652, true),
            EngineModel.DEMO,
            1,
            VllmVersion.NEWEST,
            true,
            64,
            null,
            Faults.NONE,
            1);

    /**
     * The models that a server has.
     *
     * @param base the model it has loaded; also the one for a request that names none
     * @param loras adapters of the base model
     * @param maxModelLen tokens that a prompt and its response may have together; at least 2
     * @param adapters how it keeps adapters
     */
    public record Models(String base, List<String> loras, int maxModelLen, AdapterConfig adapters) {
        public Models {
            loras = List.copyOf(loras);
            WrongArgumentException.check(!base.isBlank(), "model", "blank", "a name");
            WrongArgumentException.check(maxModelLen >= 2, "max model len", maxModelLen, ">= 2 tokens");
        }

        /** Models of which each adapter has a slot, and is loaded in no time. */
        public Models(String base, List<String> loras, int maxModelLen) {
            this(base, loras, maxModelLen, new AdapterConfig(loras.size(), Duration.ZERO));
        }
    }

    /** More than any deployment has; each is an engine with a cache of its own. */
    private static final int MOST_RANKS = 1024;

    public ServerOptions {
        WrongArgumentException.within("data parallel size", ranks, 1, MOST_RANKS);
        WrongArgumentException.atLeast("output tokens", outputTokens, 1);
    }

    /** The same with other models. */
    public ServerOptions withModels(Models models) {
        return new ServerOptions(
                models, cache, engine, ranks, version, usageDetails, outputTokens, apiKey, faults, seed);
    }

    /** The same with another KV cache for each engine. */
    public ServerOptions withCache(CacheConfig cache) {
        return new ServerOptions(
                models, cache, engine, ranks, version, usageDetails, outputTokens, apiKey, faults, seed);
    }

    /** The same with engines of another speed. */
    public ServerOptions withEngine(EngineModel engine) {
        return new ServerOptions(
                models, cache, engine, ranks, version, usageDetails, outputTokens, apiKey, faults, seed);
    }

    /** The same with so many data-parallel ranks, at least 1. */
    public ServerOptions withRanks(int ranks) {
        return new ServerOptions(
                models, cache, engine, ranks, version, usageDetails, outputTokens, apiKey, faults, seed);
    }

    /** The same with the wire format of another release. */
    public ServerOptions withVersion(VllmVersion version) {
        return new ServerOptions(
                models, cache, engine, ranks, version, usageDetails, outputTokens, apiKey, faults, seed);
    }

    /** The same, whose usage tells of cached tokens or does not. */
    public ServerOptions withUsageDetails(boolean usageDetails) {
        return new ServerOptions(
                models, cache, engine, ranks, version, usageDetails, outputTokens, apiKey, faults, seed);
    }

    /** The same with responses of so many tokens where nothing else is asked. */
    public ServerOptions withOutputTokens(int outputTokens) {
        return new ServerOptions(
                models, cache, engine, ranks, version, usageDetails, outputTokens, apiKey, faults, seed);
    }

    /** The same with this API key; null: none. */
    public ServerOptions withApiKey(@Nullable String apiKey) {
        return new ServerOptions(
                models, cache, engine, ranks, version, usageDetails, outputTokens, apiKey, faults, seed);
    }

    /** The same with other faults. */
    public ServerOptions withFaults(Faults faults) {
        return new ServerOptions(
                models, cache, engine, ranks, version, usageDetails, outputTokens, apiKey, faults, seed);
    }

    /** The same with another seed for what is random. */
    public ServerOptions withSeed(long seed) {
        return new ServerOptions(
                models, cache, engine, ranks, version, usageDetails, outputTokens, apiKey, faults, seed);
    }

    /** Tokens that a prompt and its response may have together: the model's limit, or the cache if that is smaller. */
    int maxTokens() {
        return (int) Math.min(models.maxModelLen(), cache.capacityTokens());
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "ServerOptions[models=%s, cache=%s, version=%s]".formatted(models, cache, version);
    }

    /** The vLLM release whose wire format a server speaks. Two generations are told apart: up to 0.10, and the newest. */
    public record VllmVersion(int major, int minor, int patch) {
        public static final VllmVersion NEWEST = new VllmVersion(0, 28, 0);
        public static final VllmVersion V0_10_0 = new VllmVersion(0, 10, 0);

        private static final Pattern FORM = Pattern.compile("v?(\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,4}))?");

        /**
         * Reads a version with two or three parts.
         *
         * @throws IllegalArgumentException unless the text is like {@code 0.10.0}
         */
        public static VllmVersion parse(String text) {
            Matcher parts = FORM.matcher(text);
            if (!parts.matches()) {
                throw WrongArgumentException.of("vLLM version", text, "like 0.10.0");
            }
            int patch = parts.group(3) == null ? 0 : Integer.parseInt(parts.group(3));
            return new VllmVersion(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)), patch);
        }

        /** Whether this is the old generation: errors without an {@code error} object, {@code gpu_} metrics. */
        boolean isLegacy() {
            return major == 0 && minor <= 10;
        }

        /** Whether this is release 0.{@code minor} or a later one. */
        boolean isSince(int firstMinor) {
            return major > 0 || minor >= firstMinor;
        }

        @Override
        public String toString() {
            return major + "." + minor + "." + patch;
        }
    }
}
