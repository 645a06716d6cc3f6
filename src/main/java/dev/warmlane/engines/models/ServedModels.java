package dev.warmlane.engines.models;

import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReports;
import dev.warmlane.engines.probe.ModelCard;
import java.util.ArrayList;
import java.util.List;

/**
 * The current {@link ModelCatalog}, made anew from the reports by {@link #refresh}. Reading it from any thread costs one
 * volatile read.
 */
public final class ServedModels {
    private final Pools pools;
    private final EndpointReports reports;
    private volatile ModelCatalog catalog;

    /** Knows at first what the reports say now. */
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
     * Whether every pool's models are known, as far as they can be: they are set, or an endpoint has listed some, or each
     * endpoint has been asked once, though none had a response.
     */
    public boolean isKnown() {
        return pools.all().stream().allMatch(this::isKnown);
    }

    private boolean isKnown(Pool pool) {
        return !catalog.models(pool.name()).isEmpty()
                || pool.endpoints().snapshot().endpoints().stream()
                        .allMatch(endpoint -> reports.report(endpoint.id()).modelsAnswered());
    }

    /** Reads the reports again. Off the request path; never two at a time. */
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
