package dev.warmlane.engines.models;

import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.engines.probe.EndpointReports;
import dev.warmlane.engines.probe.ModelCard;
import java.util.ArrayList;
import java.util.List;

/**
 * The current {@link ModelCatalog}, made anew from the reports by {@link #refresh}. Reading it from any thread costs one
 * volatile read.
 */
public final class ServedModels {
    private final List<Pool> pools;
    private final EndpointReports reports;
    private volatile ModelCatalog catalog;

    /**
     * A pool and its settings.
     *
     * @param configured the models it is set to serve; empty to take those that its endpoints list
     */
    public record Pool(EndpointPool pool, List<String> configured) {
        public Pool {
            configured = List.copyOf(configured);
        }
    }

    /** Knows at first what the reports say now. */
    public ServedModels(List<Pool> pools, EndpointReports reports) {
        this.pools = List.copyOf(pools);
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
        return pools.stream().allMatch(this::isKnown);
    }

    private boolean isKnown(Pool pool) {
        return !catalog.models(pool.pool().name()).isEmpty()
                || pool.pool().snapshot().endpoints().stream()
                        .allMatch(endpoint -> reports.report(endpoint.id()).modelsAnswered());
    }

    /** Reads the reports again. Off the request path; never two at a time. */
    public void refresh() {
        catalog = read();
    }

    private ModelCatalog read() {
        return new ModelCatalog(pools.stream().map(this::modelsOf).toList());
    }

    private PoolModels modelsOf(Pool pool) {
        List<ModelCard> cards = new ArrayList<>();
        pool.pool()
                .snapshot()
                .endpoints()
                .forEach(endpoint -> cards.addAll(reports.report(endpoint.id()).models()));
        return new PoolModels(pool.pool().name(), pool.configured(), cards);
    }
}
