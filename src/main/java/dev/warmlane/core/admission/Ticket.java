package dev.warmlane.core.admission;

import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request's place in the queue. All that can change is guarded by the line's lock. */
public final class Ticket {
    /** Retries, then by priority, then by fair turns, then as they came. */
    static final Comparator<Ticket> BY_TURN = Comparator.comparing((Ticket place) -> !place.claim.retry())
            .thenComparingInt(place -> place.claim.priority())
            .thenComparingLong(place -> place.turn)
            .thenComparingLong(place -> place.number);

    final QueuedRequest claim;
    final Waiter entrant;
    final long turn;
    final long number;
    final long lateAtNanos;
    /** How often others whose bound endpoint had room went before it although it was first. */
    int passedOver;
    /** Let in, refused or left. */
    boolean over;

    Ticket(QueuedRequest claim, Waiter entrant, long turn, long number, long lateAtNanos) {
        this.claim = claim;
        this.entrant = entrant;
        this.turn = turn;
        this.number = number;
        this.lateAtNanos = lateAtNanos;
    }

    /**
     * A request that waits. Told once how its waiting ended: let in, or refused. Called from any thread, with no lock of the line
     * held, never by two threads at a time for {@link #enter}; must neither block nor throw.
     */
    public interface Waiter {

        /**
         * Takes room at an endpoint.
         *
         * @return false if there was none after all; the request then keeps its place
         */
        boolean enter();

        /** There will be no room for it. */
        void refused(Refusal refusal);
    }

    /**
     * Why a request was not let in, and when it is worth asking again.
     *
     * @param reason what was the matter
     * @param retryAfter in how long the line as it is now will have been served; positive
     */
    public record Refusal(Reason reason, Duration retryAfter) {

        public enum Reason {
            /** The line had no place, or somebody with an earlier turn took it. */
            FULL,
            /** It waited as long as it may. */
            LATE,
            /** Nobody is let in any more. */
            CLOSED;

            /** The name in metric labels, lower case. */
            public String label() {
                return name().toLowerCase(Locale.ROOT);
            }
        }
    }

    /**
     * What decides when a waiting request's turn comes, and where it can go. Immutable.
     *
     * @param retry whether an endpoint had it already and failed; goes before all that were never let in
     * @param priority lower goes earlier, as vLLM orders them; 0 where nobody says
     * @param client a hash of the client, among whom turns are shared
     * @param boundEndpoint the endpoint that its cache makes worth waiting for; null where all are the same to it
     * @param boundOnly whether no other will do as long as that one is there
     * @param tried endpoints that it must not go to again
     */
    public record QueuedRequest(
            boolean retry,
            int priority,
            long client,
            @Nullable EndpointId boundEndpoint,
            boolean boundOnly,
            Set<EndpointId> tried) {
        public QueuedRequest {
            tried = Set.copyOf(tried);
        }

        /** One that any endpoint can serve. */
        public QueuedRequest(
                boolean retry, int priority, long client, @Nullable EndpointId boundEndpoint, Set<EndpointId> tried) {
            this(retry, priority, client, boundEndpoint, false, tried);
        }

        boolean ranksAs(QueuedRequest other) {
            return retry == other.retry && priority == other.priority;
        }
    }
}
