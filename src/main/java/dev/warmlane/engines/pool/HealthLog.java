package dev.warmlane.engines.pool;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.Probation;
import dev.warmlane.core.health.EndpointHealth.Starting;
import dev.warmlane.core.health.HealthListener;
import dev.warmlane.core.log.LogRateLimit;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Logs changes in the health of servers and pools with their causes. Equal changes of many servers become one line. */
final class HealthLog implements HealthListener {
    private static final Logger log = LoggerFactory.getLogger(HealthLog.class);

    private static final int LINES_AT_ONCE = 10;
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private static final String TRIAL = ": its next request decides whether it is back";

    private final String pool;
    private final EndpointNews news;
    private final LogRateLimit panics;
    private volatile @Nullable Panic last;

    /** What failed last at each server that is not well. */
    private final Map<EndpointId, String> failures = new ConcurrentHashMap<>();

    /** @param nanoTime the clock, as {@link System#nanoTime} */
    HealthLog(String pool, LongSupplier nanoTime) {
        this.pool = pool;
        this.news = new EndpointNews(log, "pool " + pool + ": ", nanoTime);
        this.panics = new LogRateLimit(LINES_AT_ONCE, INTERVAL, nanoTime);
    }

    /** The endpoint is gone. */
    void forget(EndpointId gone) {
        failures.remove(gone.server());
    }

    @Override
    public void failed(Endpoint endpoint, String why) {
        failures.put(endpoint.id().server(), why);
    }

    @Override
    public void noted(Endpoint endpoint, String what, @Nullable String why) {
        if (isFirst(endpoint)) {
            news.add(Level.INFO, endpoint.serverName(), what, "", why);
        }
    }

    @Override
    public void ticked() {
        news.write();
        Panic left = last;
        if (left != null && panics.hasLeftOut()) {
            write(left);
        }
    }

    @Override
    public void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth now) {
        if (!isFirst(endpoint)) {
            return;
        }
        if (now instanceof Ejected ejected) {
            String cause = failures.get(endpoint.id().server());
            String reason = ejected.reason().label();
            news.add(
                    Level.WARN,
                    endpoint.serverName(),
                    "ejected",
                    ejected.checkFailed() ? " until its health check passes" : length(ejected),
                    cause == null ? reason : "%s, %s".formatted(reason, cause));
            return;
        }
        if (!(now instanceof Probation)) {
            failures.remove(endpoint.id().server());
        }
        news.add(Level.INFO, endpoint.serverName(), words(now), now instanceof Probation ? TRIAL : "", null);
    }

    @Override
    public void restarted(Endpoint endpoint) {
        noted(endpoint, "has restarted, its cache is empty", null);
    }

    @Override
    public void slept(Endpoint endpoint, boolean asleep) {
        noted(endpoint, asleep ? "sleeps and gets no requests" : "counts as awake again", null);
    }

    @Override
    public void panic(boolean panic, int healthy, int endpoints) {
        Panic now = new Panic(panic, healthy, endpoints);
        last = now;
        write(now);
    }

    private void write(Panic now) {
        int leftOut = panics.next();
        if (leftOut != LogRateLimit.LEFT_OUT) {
            log.atLevel(now.panic() ? Level.WARN : Level.INFO)
                    .log(LogRateLimit.text("pool " + pool + ": " + now.words(), leftOut));
        }
    }

    /** One line tells of all ranks of a server. */
    private static boolean isFirst(Endpoint endpoint) {
        return endpoint.id().rank() == 0;
    }

    private static String words(EndpointHealth now) {
        if (now instanceof Probation) {
            return "on probation";
        }
        return now instanceof Starting ? "is back; its load grows from now on" : "takes its full load";
    }

    private static String length(Ejected ejected) {
        long seconds =
                Duration.ofNanos(ejected.untilNanos() - ejected.sinceNanos()).toSeconds();
        return ejected.ejections() == 1
                ? " for %ds".formatted(seconds)
                : " for %ds, ejection %d in a row".formatted(seconds, ejected.ejections());
    }

    /** Whether all endpoints are used, and how many of them are healthy. */
    private record Panic(boolean panic, int healthy, int endpoints) {
        String words() {
            if (healthy == 0) {
                return panic ? "no endpoint is healthy, so all are used" : "no endpoint is ready, so none is used";
            }
            String share = "%d of %d endpoints %s healthy".formatted(healthy, endpoints, healthy == 1 ? "is" : "are");
            String used = healthy == 1 ? "that one is" : "those are";
            return panic ? "only %s, so all are used".formatted(share) : "%s, so only %s used".formatted(share, used);
        }
    }
}
