package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.pool.Pool;
import java.util.function.LongSupplier;
import reactor.core.publisher.Mono;

/** Where to ask one endpoint, and what it has said so far. For the scraper's thread. */
final class ScrapedEndpoint {
    private final ScrapeSettings settings;
    private final EndpointKnowledge knowledge;
    private Endpoint endpoint;
    private Pool pool;

    ScrapedEndpoint(Endpoint endpoint, Pool pool, ScrapeSettings settings, LongSupplier nanoClock) {
        this.endpoint = endpoint;
        this.pool = pool;
        this.settings = settings;
        this.knowledge = new EndpointKnowledge(nanoClock);
    }

    EndpointId id() {
        return endpoint.id();
    }

    String name() {
        return endpoint.name();
    }

    /** Asks there from the next scrape on. */
    void moveTo(Endpoint newPlace, Pool newPool) {
        endpoint = newPlace;
        pool = newPool;
    }

    /**
     * Asks for everything that is due, one request after the other. Completes when all have been answered or given up,
     * never with an error.
     *
     * @param learned called whenever there is a new report
     */
    Mono<Void> scrape(ScrapeClient client, Runnable learned) {
        Mono<Void> metrics = client.metrics(pool, endpoint.uri())
                .doOnNext(knowledge::learn)
                .then()
                .onErrorResume(failure -> Mono.fromRunnable(() -> knowledge.metricsFailed(describe(failure))))
                .doOnSuccess(done -> learned.run());
        if (!knowledge.takeModelsTurn(settings.modelsInterval())) {
            return metrics;
        }
        Mono<Void> models = client.models(pool, endpoint.uri())
                .doOnNext(knowledge::learnModels)
                .then()
                .onErrorResume(failure -> Mono.fromRunnable(() -> knowledge.modelsFailed(describe(failure))));
        Mono<Void> version = client.version(pool, endpoint.uri())
                .doOnNext(knowledge::learnVersion)
                .then()
                .onErrorComplete();
        return metrics.then(models).then(version).doOnSuccess(done -> learned.run());
    }

    EndpointReport report() {
        return knowledge.report();
    }

    private String describe(Throwable failure) {
        return ScrapeFailure.describe(failure, settings.timeout());
    }
}
