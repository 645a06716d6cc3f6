package dev.warmlane.engines.models;

import dev.warmlane.engines.models.ModelCatalog.PoolModels;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReports;
import dev.warmlane.engines.probe.ModelCard;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The current {@link ModelCatalog}; {@link #refresh} makes a new one from the reports. May be read from any thread, at the cost
 * of one volatile read.
 */
public final class ServedModels {
    private final Pools pools;
    private final EndpointReports reports;
    private volatile ModelCatalog catalog;

    /** Begins with the reports of now. */
    public ServedModels(Pools pools, EndpointReports reports) {
        this.pools = pools;
        this.reports = reports;
        this.catalog = read();
    }

    /** The catalog as of the last refresh. */
    public ModelCatalog catalog() {
        return catalog;
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

    /** Of each pool whose models nobody knows, though it was asked, the reason that one of its endpoints gave. */
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
        catalog = read();
    }

    private ModelCatalog read() {
        return new ModelCatalog(pools.all().stream().map(this::modelsOf).toList());
    }

    private PoolModels modelsOf(Pool pool) {
        List<ModelCard> cards = new ArrayList<>();
        pool.endpoints()
                .snapshot()
                .endpoints()
                .forEach(endpoint -> cards.addAll(reports.report(endpoint.id()).models()));
        return new PoolModels(pool.name(), pool.models(), cards);
    }
}
