package dev.warmlane.ops.actuator;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Iterator;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusOutputFormat;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusScrapeEndpoint;

/**
 * {@code /actuator/prometheus}, whose meters do not change during a scrape: of a meter that is removed and registered again,
 * a scrape may find neither, or both and fail for labels that come twice. Who asks for protobuf gets text, which Prometheus
 * reads as well: no meter has native histograms, and the format would be 2 MB of the jar. Safe for concurrent use.
 */
@WebEndpoint(id = "prometheus")
public final class SteadyScrapes extends PrometheusScrapeEndpoint {
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<Runnable> due = ConcurrentHashMap.newKeySet();

    /** @param properties of the formats that scrapers ask for */
    public SteadyScrapes(PrometheusRegistry registry, @Nullable Properties properties) {
        super(registry, properties);
    }

    /**
     * Changes meters now, or before the next scrape if there is one at this moment. Never waits.
     *
     * @param change may run on any thread; asked for again before it has run, it runs once
     */
    public void change(Runnable change) {
        due.add(change);
        if (lock.tryLock()) {
            try {
                runDue();
            } finally {
                lock.unlock();
            }
        }
    }

    @Override
    @ReadOperation(producesFrom = PrometheusOutputFormat.class)
    public WebEndpointResponse<byte[]> scrape(PrometheusOutputFormat format, @Nullable Set<String> includedNames) {
        lock.lock();
        try {
            runDue();
            return super.scrape(
                    format == PrometheusOutputFormat.CONTENT_TYPE_PROTOBUF
                            ? PrometheusOutputFormat.CONTENT_TYPE_004
                            : format,
                    includedNames);
        } finally {
            lock.unlock();
        }
    }

    private void runDue() {
        Iterator<Runnable> changes = due.iterator();
        while (changes.hasNext()) {
            Runnable change = changes.next();
            // First, so that it is due again if it is asked for while it runs.
            changes.remove();
            change.run();
        }
    }
}
