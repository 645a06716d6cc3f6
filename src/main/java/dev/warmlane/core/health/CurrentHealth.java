package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The health of one pool's servers as it is now: a book that is replaced, never edited. Safe for concurrent use. */
final class CurrentHealth {
    private final EndpointPool pool;
    private final HealthNews news;
    private final AtomicReference<HealthBook> book;
    private volatile BiConsumer<HealthBook, HealthBook> listener = (before, after) -> {};

    CurrentHealth(EndpointPool pool, HealthRules rules, HealthNews news) {
        this.pool = pool;
        this.news = news;
        this.book = new AtomicReference<>(HealthBook.empty(rules));
    }

    EndpointPool pool() {
        return pool;
    }

    /** From now on tells this of what {@link #change} does, before the pool's snapshot shows it; not of what {@link #turn} does. */
    void onChange(BiConsumer<HealthBook, HealthBook> told) {
        listener = told;
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
        listener.accept(turn.before(), turn.after());
        pool.refresh();
        news.changed(turn.before(), turn.after());
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
