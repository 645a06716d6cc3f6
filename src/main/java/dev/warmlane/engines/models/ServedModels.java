package dev.warmlane.engines.models;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.engines.models.ModelCatalog.PoolModels;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReport.EndpointReports;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who serves which model, as far as is known: the current {@link ModelCatalog}, which {@link #refresh} makes anew from the
 * reports, corrected by what endpoints have refused since. May be read from any thread, without a lock.
 */
public final class ServedModels {
    private static final Logger log = LoggerFactory.getLogger(ServedModels.class);

    /** How long a refusal says more than the endpoint's list, which may be from before it. */
    private static final Duration REFUSAL_COUNTS = Duration.ofSeconds(3);

    /** How long a model that no endpoint of a pool lists any longer may be at one that was asked just before it got it. */
    private static final Duration MAY_HAVE_MOVED = Duration.ofSeconds(3);

    private final Pools pools;
    private final EndpointReports reports;
    private final Supplier<ModelNames> names;
    private final Runnable askAgain;
    private final LongSupplier nanoClock;
    /** When it was refused; only models that endpoints list, or did until just now. */
    private final Map<Refusal, Long> refusals = new ConcurrentHashMap<>();

    /** Since when no endpoint of its pool lists it; only for a while. */
    private final Map<Gone, Long> gone = new ConcurrentHashMap<>();

    private volatile ModelCatalog catalog;
    /** Names that models have, too, and of which the log was told; of the thread that refreshes. */
    private final Set<String> collisions = new HashSet<>();

    private record Refusal(EndpointId endpoint, String model) {}

    private record Gone(String pool, String model) {}

    /**
     * Begins with the reports of now.
     *
     * @param names by which clients may call models; asked for each request
     * @param askAgain called when what is known may be out of date, from any thread; must not block
     * @param nanoClock elapsed time in nanoseconds
     */
    public ServedModels(
            Pools pools,
            EndpointReports reports,
            Supplier<ModelNames> names,
            Runnable askAgain,
            LongSupplier nanoClock) {
        this.pools = pools;
        this.reports = reports;
        this.names = names;
        this.askAgain = askAgain;
        this.nanoClock = nanoClock;
        this.catalog = read(pools, reports);
    }

    /** A pool for each model that is set or listed by now. */
    public static Map<String, String> poolsByModel(Pools pools, EndpointReports reports) {
        ModelCatalog known = read(pools, reports);
        Map<String, String> serving = new HashMap<>();
        known.models()
                .forEach(model -> serving.put(model, known.poolsServing(model).get(0)));
        return serving;
    }

    /** By what names clients may call models, as of now. */
    public ModelNames names() {
        return names.get();
    }

    /** The catalog as of the last refresh. */
    public ModelCatalog catalog() {
        return catalog;
    }

    /** Whether some pool serves the model. */
    public boolean isServed(String model) {
        return !catalog.poolsServing(model).isEmpty();
    }

    /** Whether a pool's endpoints listed a model until just now: another one of them may have it, whose list is older. */
    public boolean mayHaveMoved(String pool, String model) {
        return gone.containsKey(new Gone(pool, model));
    }

    /** The endpoints of a pool that do not have a model, while another does or may. */
    public Set<EndpointId> lacking(String pool, String model) {
        ModelCatalog current = catalog;
        Set<EndpointId> lacking = current.lacking(pool, model);
        if (refusals.isEmpty()) {
            return lacking;
        }
        Set<EndpointId> corrected = new HashSet<>(lacking);
        refusals.keySet().forEach(refusal -> {
            if (refusal.model().equals(model)) {
                corrected.add(refusal.endpoint());
            }
        });
        // Where everybody has refused it, whoever lists it is as good as any.
        return corrected.size() - lacking.size() < current.holders(pool, model) ? corrected : lacking;
    }

    /** An endpoint has refused a request because it does not have its model. */
    public void refused(String pool, EndpointId endpoint, String model) {
        if (catalog.reported(pool, model) || mayHaveMoved(pool, model)) {
            refusals.put(new Refusal(endpoint, model), nanoClock.getAsLong());
        }
        askAgain.run();
    }

    /** Somebody has asked for a model that nobody is known to serve. */
    public void missed() {
        askAgain.run();
    }

    /**
     * Whether the models of every pool are known as far as possible: they are set, or an endpoint has listed some, or every
     * endpoint has been asked once.
     */
    public boolean isKnown() {
        return pools.all().stream().allMatch(this::isKnown);
    }

    private boolean isKnown(Pool pool) {
        return !catalog.models(pool.name()).isEmpty()
                || pool.endpoints().snapshot().endpoints().stream()
                        .allMatch(endpoint -> reports.report(endpoint.id()).modelsAnswered());
    }

    /** Why the models of a pool are not known although it was asked: what one of its endpoints gave as the reason, by pool. */
    public Map<String, String> failures() {
        Map<String, String> failures = new TreeMap<>();
        for (Pool pool : pools.all()) {
            if (catalog.models(pool.name()).isEmpty()) {
                pool.endpoints().snapshot().endpoints().stream()
                        .map(endpoint -> reports.report(endpoint.id()).error())
                        .filter(Objects::nonNull)
                        .findFirst()
                        .ifPresent(error -> failures.put(pool.name(), error));
            }
        }
        return failures;
    }

    /** Makes a new catalog. Off the request path; by one thread at a time. */
    public void refresh() {
        long now = nanoClock.getAsLong();
        ModelCatalog read = read(pools, reports);
        noteGone(read, now);
        catalog = read;
        warnOfCollisions();
        refusals.values().removeIf(at -> now - at > REFUSAL_COUNTS.toNanos());
    }

    /** Endpoints are asked one after another, so a model that moves may have left one before it is seen at another. */
    private void noteGone(ModelCatalog read, long now) {
        boolean asks = false;
        for (Pool pool : pools.all()) {
            Set<String> models = read.models(pool.name());
            for (String model : catalog.models(pool.name())) {
                if (!models.isEmpty() && !models.contains(model)) {
                    gone.put(new Gone(pool.name(), model), now);
                    asks = true;
                }
            }
        }
        gone.entrySet()
                .removeIf(each -> now - each.getValue() > MAY_HAVE_MOVED.toNanos()
                        || read.models(each.getKey().pool())
                                .contains(each.getKey().model()));
        if (asks) {
            askAgain.run();
        }
    }

    /** A model that appears after its name was read is out of reach, which only the log can tell. */
    private void warnOfCollisions() {
        for (ModelNames.Name name : names.get().all()) {
            List<String> serving = catalog.poolsServing(name.name());
            if (serving.isEmpty()) {
                collisions.remove(name.name());
            } else if (collisions.add(name.name())) {
                log.warn(
                        "pool {} serves a model called {}, which is also a name for {}: requests go there",
                        serving.get(0),
                        name.name(),
                        String.join(", ", names.get().models(name)));
            }
        }
    }

    private static ModelCatalog read(Pools pools, EndpointReports reports) {
        return new ModelCatalog(
                pools.all().stream().map(pool -> modelsOf(pool, reports)).toList());
    }

    private static PoolModels modelsOf(Pool pool, EndpointReports reports) {
        Map<EndpointId, List<ModelCard>> cards = new LinkedHashMap<>();
        for (Endpoint endpoint : pool.endpoints().snapshot().endpoints()) {
            cards.put(endpoint.id(), reports.report(endpoint.id()).models());
        }
        return new PoolModels(pool.name(), pool.models(), cards);
    }
}
