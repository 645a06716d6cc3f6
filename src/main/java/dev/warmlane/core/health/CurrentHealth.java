package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The current health of one pool's servers, a book that is replaced and never edited, and the listeners that hear of changes.
 * Listeners are told on the caller's thread. Safe for concurrent use.
 */
final class CurrentHealth {
    private final EndpointPool pool;
    private final AtomicReference<HealthBook> book;
    private final List<HealthListener> listeners = new CopyOnWriteArrayList<>();
    private volatile BiConsumer<HealthBook, HealthBook> onChange = (before, after) -> {};

    CurrentHealth(EndpointPool pool, HealthRules rules) {
        this.pool = pool;
        this.book = new AtomicReference<>(HealthBook.empty(rules));
    }

    EndpointPool pool() {
        return pool;
    }

    /** Sets the listener for what {@link #change} does, called before the pool's snapshot shows it; not for what {@link #turn} does. */
    void onChange(BiConsumer<HealthBook, HealthBook> listener) {
        onChange = listener;
    }

    void add(HealthListener listener) {
        listeners.add(listener);
    }

    /** The health of an endpoint; null if discovery does not list it as ready. */
    @Nullable
    EndpointHealth of(EndpointId endpoint) {
        return book().of(endpoint);
    }

    /** Whether discovery lists the server of an endpoint, in whatever state. */
    boolean isListed(EndpointId id) {
        return !pool.snapshot().atServerOf(id).isEmpty();
    }

    /** Turns a page and shows it. Returns whether anything changed. */
    boolean change(UnaryOperator<HealthBook> step) {
        Turn turn = turn(step);
        if (turn.before() == turn.after()) {
            return false;
        }
        onChange.accept(turn.before(), turn.after());
        pool.refresh();
        tellChanges(turn.before(), turn.after());
        return true;
    }

    /** Turns a page and tells nobody. */
    Turn turn(UnaryOperator<HealthBook> step) {
        HealthBook before;
        HealthBook after;
        do {
            before = book();
            after = step.apply(before);
        } while (after != before && !book.compareAndSet(before, after));
        return new Turn(before, after);
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

    /** Tells if a panic begins or ends. */
    void tellPanic(HealthBook before, HealthBook after) {
        if (before.isPanic() != after.isPanic()) {
            int endpoints = after.all().size();
            tell(listener -> listener.panic(after.isPanic(), endpoints - after.out(), endpoints));
        }
    }

    /** Tells what differs between two books, of which the later one lists no other endpoints. */
    private void tellChanges(HealthBook before, HealthBook after) {
        after.all().forEach((id, now) -> {
            EndpointHealth was = Objects.requireNonNull(before.of(id));
            if (was.getClass() != now.getClass()) {
                tell(id, (listener, endpoint) -> listener.changed(endpoint, was, now));
            }
        });
        tellPanic(before, after);
    }

    private HealthBook book() {
        return Objects.requireNonNull(book.get());
    }

    /**
     * A step from one book to the next.
     *
     * @param after the same where nothing changed
     */
    record Turn(HealthBook before, HealthBook after) {}
}
