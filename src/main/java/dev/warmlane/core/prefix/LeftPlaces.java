package dev.warmlane.core.prefix;

import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What servers that were about to end, or were drained, held of the prompts that sessions share: kept until they come back or
 * others take their places. Bounded: the latest 64 of the last ten minutes. Safe for concurrent use.
 */
public final class LeftPlaces {
    private static final int MOST = 64;
    private static final long KEPT_NANOS = Duration.ofMinutes(10).toNanos();

    private final LongSupplier nanoClock;
    private final Deque<Place> places = new ArrayDeque<>();

    private record Place(EndpointId server, long leftNanos, Set<Long> held) {}

    /** @param nanoClock elapsed time in nanoseconds, as of {@link System#nanoTime} */
    public LeftPlaces(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /**
     * A server is about to end, or is drained.
     *
     * @param held hashes of the beginnings that it held
     */
    public synchronized void left(EndpointId server, Set<Long> held) {
        places.removeIf(place -> place.server().equals(server));
        if (places.size() == MOST) {
            places.remove();
        }
        places.add(new Place(server, nanoClock.getAsLong(), Set.copyOf(held)));
    }

    /**
     * The place of a server whose cache is empty: its own, if it has left one, or else the first that is free.
     *
     * @param isBack of a server, whether it is in use again, so that nobody else has its place
     * @return hashes of what was held there; null if there is none
     */
    public synchronized @Nullable Set<Long> take(EndpointId server, Predicate<EndpointId> isBack) {
        long now = nanoClock.getAsLong();
        places.removeIf(place -> now - place.leftNanos() > KEPT_NANOS);
        Set<Long> taken = takeFirst(server::equals);
        return taken != null ? taken : takeFirst(other -> !isBack.test(other));
    }

    private @Nullable Set<Long> takeFirst(Predicate<EndpointId> of) {
        for (Iterator<Place> each = places.iterator(); each.hasNext(); ) {
            Place place = each.next();
            if (of.test(place.server())) {
                each.remove();
                return place.held();
            }
        }
        return null;
    }
}
