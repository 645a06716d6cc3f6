package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Tells the listeners of one pool what becomes of its endpoints. Safe for concurrent use; tells on the caller's thread. */
final class HealthNews {
    private final EndpointPool pool;
    private final List<HealthListener> listeners = new CopyOnWriteArrayList<>();

    HealthNews(EndpointPool pool) {
        this.pool = pool;
    }

    void add(HealthListener listener) {
        listeners.add(listener);
    }

    void tell(Consumer<HealthListener> news) {
        listeners.forEach(news);
    }

    /** Tells it of every rank of an endpoint's server. */
    void tell(EndpointId id, BiConsumer<HealthListener, Endpoint> news) {
        pool.snapshot()
                .atServerOf(id)
                .forEach(endpoint -> listeners.forEach(listener -> news.accept(listener, endpoint)));
    }

    /** Tells what differs between two books, of which the later one lists no other endpoints. */
    void changed(HealthBook before, HealthBook after) {
        after.all().forEach((id, now) -> {
            EndpointHealth was = Objects.requireNonNull(before.of(id));
            if (was.getClass() != now.getClass()) {
                tell(id, (listener, endpoint) -> listener.changed(endpoint, was, now));
            }
        });
        panic(before, after);
    }

    /** Tells if a panic begins or ends. */
    void panic(HealthBook before, HealthBook after) {
        if (before.isPanic() != after.isPanic()) {
            int endpoints = after.all().size();
            tell(listener -> listener.panic(after.isPanic(), endpoints - after.out(), endpoints));
        }
    }
}
