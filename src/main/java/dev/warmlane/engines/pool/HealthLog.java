package dev.warmlane.engines.pool;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.Probation;
import dev.warmlane.core.health.EndpointHealth.Starting;
import dev.warmlane.core.health.HealthListener;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs each change in the health of an endpoint or pool in one line. */
final class HealthLog implements HealthListener {
    private static final Logger log = LoggerFactory.getLogger(HealthLog.class);

    private final String pool;

    HealthLog(String pool) {
        this.pool = pool;
    }

    @Override
    public void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth now) {
        if (now instanceof Ejected ejected) {
            log.warn(
                    "pool {}: endpoint {} ejected {}: {}",
                    pool,
                    endpoint.name(),
                    ejected.checkFailed() ? "until its health check passes" : length(ejected),
                    ejected.reason().label());
        } else {
            log.info("pool {}: endpoint {} {}", pool, endpoint.name(), words(now));
        }
    }

    @Override
    public void slept(Endpoint endpoint, boolean asleep) {
        log.info(
                "pool {}: endpoint {} {}",
                pool,
                endpoint.name(),
                asleep ? "sleeps and gets no requests" : "is awake again");
    }

    @Override
    public void panic(boolean panic, int healthy, int endpoints) {
        if (panic) {
            log.warn("pool {}: only {} of {} endpoints are healthy, so all are used", pool, healthy, endpoints);
        } else {
            log.info("pool {}: {} of {} endpoints are healthy, so only those are used", pool, healthy, endpoints);
        }
    }

    private static String words(EndpointHealth now) {
        if (now instanceof Probation) {
            return "on probation: the next request that it gets tells whether it is back";
        }
        return now instanceof Starting ? "is back, its load grows from now on" : "takes its full load";
    }

    private static String length(Ejected ejected) {
        long seconds =
                Duration.ofNanos(ejected.untilNanos() - ejected.sinceNanos()).toSeconds();
        return "for %ds, %d in a row".formatted(seconds, ejected.ejections());
    }
}
