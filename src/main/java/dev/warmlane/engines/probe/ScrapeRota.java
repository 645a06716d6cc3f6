package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.pool.Pool;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * Whose turn it is to be scraped. Each endpoint takes a turn every interval give or take a tenth, later where its last
 * scrape took longer than that; so many at once as the settings allow, the others first come, first served. For the
 * scraper's thread.
 */
final class ScrapeRota {
    private static final double JITTER = 0.1;

    private final ScrapeSettings settings;
    private final ScrapeClient client;
    private final Scheduler loop;
    private final LongSupplier nanoClock;
    private final RandomGenerator random;
    private final Consumer<ScrapedEndpoint> learned;

    private final Map<EndpointId, ScrapedEndpoint> members = new HashMap<>();
    private final Map<EndpointId, Disposable> inFlight = new HashMap<>();
    private final Queue<ScrapedEndpoint> due = new ArrayDeque<>();

    /** @param learned told of an endpoint whenever it has a new report */
    ScrapeRota(
            ScrapeSettings settings,
            ScrapeClient client,
            Scheduler loop,
            LongSupplier nanoClock,
            RandomGenerator random,
            Consumer<ScrapedEndpoint> learned) {
        this.settings = settings;
        this.client = client;
        this.loop = loop;
        this.nanoClock = nanoClock;
        this.random = random;
        this.learned = learned;
    }

    /** Makes sure that the endpoint has its turns, the first at once, and that it is asked where it is now. */
    void include(Endpoint endpoint, Pool pool) {
        ScrapedEndpoint member = members.get(endpoint.id());
        if (member != null) {
            member.moveTo(endpoint, pool);
        } else {
            member = new ScrapedEndpoint(endpoint, pool, settings, nanoClock);
            members.put(endpoint.id(), member);
            enqueue(member);
        }
    }

    /** Drops everybody else, with their scrapes in flight. */
    void retain(Set<EndpointId> ids) {
        members.keySet().retainAll(ids);
        inFlight.entrySet().removeIf(scrape -> {
            boolean gone = !members.containsKey(scrape.getKey());
            if (gone) {
                scrape.getValue().dispose();
            }
            return gone;
        });
        startDue();
    }

    private void enqueue(ScrapedEndpoint member) {
        due.add(member);
        startDue();
    }

    private void startDue() {
        while (inFlight.size() < settings.maxConcurrent()) {
            ScrapedEndpoint next = due.poll();
            if (next == null) {
                return;
            }
            if (members.get(next.id()) == next) {
                start(next);
            }
        }
    }

    private void start(ScrapedEndpoint member) {
        long startedAtNanos = nanoClock.getAsLong();
        Disposable.Swap scrape = Disposables.swap();
        inFlight.put(member.id(), scrape);
        scrape.update(member.scrape(client, () -> learned.accept(member))
                .doOnTerminate(() -> finished(member, startedAtNanos))
                .subscribe());
    }

    private void finished(ScrapedEndpoint member, long startedAtNanos) {
        inFlight.remove(member.id());
        double share = 1 - JITTER + 2 * JITTER * random.nextDouble();
        long tookNanos = nanoClock.getAsLong() - startedAtNanos;
        long pauseNanos = (long) (settings.interval().toNanos() * share) - tookNanos;
        loop.schedule(() -> enqueue(member), Math.max(0, pauseNanos), TimeUnit.NANOSECONDS);
        // Not from here: a scrape that fails while it starts would nest the next one in itself.
        loop.schedule(this::startDue);
    }
}
