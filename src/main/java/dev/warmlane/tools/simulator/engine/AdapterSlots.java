package dev.warmlane.tools.simulator.engine;

import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The LoRA adapters of an engine as vLLM has them. Running requests use as many different ones as there are slots; a request that
 * needs another waits and lets those behind it pass. An adapter is loaded into the slot of the one that was not used for longest,
 * within a step, so that everybody waits for it. Without slots adapters are free and unlimited.
 */
final class AdapterSlots {
    private final AdapterConfig config;
    /** Oldest use first. */
    private final Map<String, Boolean> loaded = new LinkedHashMap<>(16, 0.75f, true);

    private final Map<String, Integer> running = new LinkedHashMap<>();
    private int loading;

    long loads;

    AdapterSlots(AdapterConfig config) {
        this.config = config;
    }

    boolean admits(@Nullable String adapter) {
        return adapter == null
                || config.slots() == 0
                || running.containsKey(adapter)
                || running.size() < config.slots();
    }

    void started(@Nullable String adapter) {
        if (adapter != null && config.slots() > 0) {
            running.merge(adapter, 1, Integer::sum);
            load(adapter);
        }
    }

    void ended(@Nullable String adapter) {
        if (adapter != null) {
            running.computeIfPresent(adapter, (name, requests) -> requests == 1 ? null : requests - 1);
            // Every step uses what it runs.
            use(adapter);
        }
    }

    /** Puts an adapter into a slot, if there is one that no request uses. */
    void load(String adapter) {
        if (use(adapter) || config.slots() == 0) {
            return;
        }
        Iterator<String> oldest = loaded.keySet().iterator();
        while (loaded.size() >= config.slots() && oldest.hasNext()) {
            if (!running.containsKey(oldest.next())) {
                oldest.remove();
            }
        }
        if (loaded.size() < config.slots()) {
            loaded.put(adapter, true);
            loading++;
            loads++;
        }
    }

    void unload(String adapter) {
        loaded.remove(adapter);
    }

    /** Those of running requests, in the order in which they came. */
    List<String> running() {
        return new ArrayList<>(running.keySet());
    }

    /** What loading adds to the step that begins. */
    long takeLoadNanos() {
        long nanos = loading * config.loadNanos();
        loading = 0;
        return nanos;
    }

    /** Whether it was loaded. */
    private boolean use(String adapter) {
        return loaded.get(adapter) != null;
    }
}
