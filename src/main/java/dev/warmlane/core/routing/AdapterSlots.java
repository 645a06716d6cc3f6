package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad.EndpointAdapters;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.PoolAverages.LearnedAverage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which LoRA adapters each endpoint of a pool is predicted to have loaded, and what loading one takes. Engines tell how many slots they
 * have and which adapters requests use, once a second; in between, and of those that wait to be used again, what was sent there tells:
 * a slot keeps its adapter until another needs it, and then the one not used for longest goes. Empty, and nothing to pay for, where no
 * engine has told of slots. Safe for concurrent use; reading takes no lock.
 */
public final class AdapterSlots {
    private static final int MOST_SLOTS = 1024;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double PRIOR_LOAD_SECONDS = 0.25;
    private static final double LEAST_LOAD_SECONDS = 0.002;
    private static final double MOST_LOAD_SECONDS = 60;
    private static final double PRIOR_REQUEST_SECONDS = 5;
    private static final double MOST_REQUEST_SECONDS = 600;

    private final ConcurrentHashMap<EndpointId, Slots> byEndpoint = new ConcurrentHashMap<>();
    private final LearnedAverage requestSeconds = new LearnedAverage(PRIOR_REQUEST_SECONDS);
    private volatile double loadSeconds = PRIOR_LOAD_SECONDS;
    private int loads;

    AdapterSlots() {}

    /** What an adapter finds at an endpoint. */
    public enum Fit {
        /** It is loaded. */
        LOADED,
        /** A slot is free. */
        FREE,
        /** It takes the slot of another, which no request uses. */
        EVICTS,
        /** Requests use all slots. */
        WAITS
    }

    /**
     * One that is loaded, or waits for its slot.
     *
     * @param requests that this gateway has in flight
     * @param reported whether only others use it, as the engine last said
     */
    private record Held(String name, int requests, boolean reported) {
        boolean isUsed() {
            return requests > 0 || reported;
        }
    }

    /** @param held the one not used for longest first; as many as there are slots, and those that wait */
    private record Slots(int count, List<Held> held) {
        @Nullable
        Held find(String name) {
            for (Held each : held) {
                if (each.name.equals(name)) {
                    return each;
                }
            }
            return null;
        }

        /** Those that requests use. */
        int used() {
            int used = 0;
            for (Held each : held) {
                used += each.isUsed() ? 1 : 0;
            }
            return used;
        }

        /** With this one as the last that was used; while there are more than slots, the oldest go that are not in use. */
        Slots with(Held last) {
            List<Held> next = new ArrayList<>(held.size() + 1);
            int surplus = held.size() + (find(last.name) == null ? 1 : 0) - count;
            for (Held each : held) {
                if (each.name.equals(last.name)) {
                    continue;
                }
                if (surplus > 0 && !each.isUsed()) {
                    surplus--;
                } else {
                    next.add(each);
                }
            }
            next.add(last);
            return new Slots(count, next);
        }
    }

    /** Whether any engine has told of its slots. */
    public boolean areKnown() {
        return !byEndpoint.isEmpty();
    }

    /** What an adapter finds at an endpoint; null where its engine has not told. */
    public @Nullable Fit fit(EndpointId endpoint, String adapter) {
        Slots slots = byEndpoint.get(endpoint);
        if (slots == null) {
            return null;
        }
        if (slots.find(adapter) != null) {
            return Fit.LOADED;
        }
        if (slots.held.size() < slots.count) {
            return Fit.FREE;
        }
        return slots.used() < slots.count ? Fit.EVICTS : Fit.WAITS;
    }

    /** How long an adapter waits about, in seconds, until requests leave it one of the slots that they use. */
    public double waitSeconds(EndpointId endpoint) {
        Slots slots = byEndpoint.get(endpoint);
        if (slots == null) {
            return 0;
        }
        int ahead = Math.max(0, slots.used() - slots.count) + 1;
        return requestSeconds.value() * ahead / slots.count;
    }

    /** What loading an adapter takes, in seconds, in [0.002, 60]. */
    public double loadSeconds() {
        return loadSeconds;
    }

    /** An engine has told of its adapters. */
    void observed(EndpointId endpoint, EndpointAdapters said) {
        Set<String> inUse = new HashSet<>();
        for (List<String> names : List.of(said.running(), said.waiting())) {
            // More than any engine has slots is no list of adapters.
            names.stream().limit(MOST_SLOTS).forEach(inUse::add);
        }
        byEndpoint.compute(endpoint, (id, before) -> {
            List<Held> held = new ArrayList<>();
            for (Held each : before == null ? List.<Held>of() : before.held) {
                held.add(new Held(each.name, each.requests, false));
            }
            Slots slots = new Slots(Math.max(1, Math.min(MOST_SLOTS, said.slots())), held);
            for (String name : inUse) {
                Held known = slots.find(name);
                int requests = known == null ? 0 : known.requests;
                slots = slots.with(new Held(name, requests, requests == 0));
            }
            return slots;
        });
    }

    /** A request was sent. */
    void sent(EndpointId endpoint, String adapter) {
        use(endpoint, adapter, 1);
    }

    /**
     * It is over.
     *
     * @param nanos after it was sent
     */
    void ended(EndpointId endpoint, String adapter, long nanos) {
        use(endpoint, adapter, -1);
        if (nanos > 0) {
            requestSeconds.learn(Math.min(MOST_REQUEST_SECONDS, nanos / NANOS_PER_SECOND));
        }
    }

    /**
     * A first token came after an adapter was loaded. The median is learned, in steps that become smaller: some will have waited for
     * something else, and some adapters were there after all.
     *
     * @param seconds that it took longer than it should have without; may be negative
     */
    synchronized void loaded(double seconds) {
        double step = Math.exp(Math.max(0.03, 1.0 / (2 + loads)));
        loads = Math.min(1000, loads + 1);
        double next = seconds > loadSeconds ? loadSeconds * step : loadSeconds / step;
        loadSeconds = Math.max(LEAST_LOAD_SECONDS, Math.min(MOST_LOAD_SECONDS, next));
    }

    /** The endpoint is another process than before. */
    void emptied(EndpointId endpoint) {
        byEndpoint.computeIfPresent(
                endpoint,
                (id, before) -> new Slots(
                        before.count,
                        before.held.stream().filter(each -> each.requests > 0).toList()));
    }

    void retire(EndpointId endpoint) {
        byEndpoint.remove(endpoint);
    }

    private void use(EndpointId endpoint, String adapter, int more) {
        byEndpoint.computeIfPresent(endpoint, (id, before) -> {
            Held known = before.find(adapter);
            int requests = Math.max(0, (known == null ? 0 : known.requests) + more);
            return more < 0 && known == null ? before : before.with(new Held(adapter, requests, false));
        });
    }
}
