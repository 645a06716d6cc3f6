package dev.warmlane.core.admission;

import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request's place in the queue. What can change is guarded by the queue's lock. */
public final class Ticket {
    /** Retries, then by priority, then by fair turns, then as they came. */
    static final Comparator<Ticket> BY_TURN = Comparator.comparing((Ticket ticket) -> !ticket.request.retry())
            .thenComparingInt(ticket -> ticket.request.priority())
            .thenComparingLong(ticket -> ticket.turn)
            .thenComparingLong(ticket -> ticket.number);

    final QueuedRequest request;
    final Waiter waiter;
    final long turn;
    final long number;
    final long lateAtNanos;
    /** How often others whose bound endpoint had room went before it although it was first. */
    int passedOver;
    /** Admitted, refused or left. */
    boolean over;

    Ticket(QueuedRequest request, Waiter waiter, long turn, long number, long lateAtNanos) {
        this.request = request;
        this.waiter = waiter;
        this.turn = turn;
        this.number = number;
        this.lateAtNanos = lateAtNanos;
    }

    /**
     * A request that waits. Told once how its wait ended: admitted or refused. Called from any thread without the queue's lock,
     * {@link #enter} never by two threads at a time; must neither block nor throw.
     */
    public interface Waiter {

        /**
         * Goes to an endpoint with capacity.
         *
         * @return false if there is none after all; the request then keeps its ticket
         */
        boolean enter();

        /** It is not going to be admitted. */
        void refused(Refusal refusal);
    }

    /**
     * Why a request was not admitted, and when it is worth asking again.
     *
     * @param reason why
     * @param retryAfter in how long the queue as it is now will have been served; positive
     */
    public record Refusal(Reason reason, Duration retryAfter) {

        public enum Reason {
            /** The queue was full, or somebody with an earlier turn took the last place. */
            FULL,
            /** It waited as long as it may. */
            LATE,
            /** Nobody is admitted any more. */
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
     * @param retry whether an endpoint had it already and failed; goes before all that were never admitted
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

    /**
     * The endpoints that can take one more request at this moment. Immutable.
     *
     * @param open those that anybody may go to
     * @param boundOnly those that only take requests bound to them, because they drain
     * @param full those that will take requests again when one of theirs has ended
     * @param endpoints how many endpoints the pool has, full ones included
     */
    public record Capacity(Set<EndpointId> open, Set<EndpointId> boundOnly, Set<EndpointId> full, int endpoints) {
        public Capacity {
            open = Set.copyOf(open);
            boundOnly = Set.copyOf(boundOnly);
            full = Set.copyOf(full);
        }

        boolean isEmpty() {
            return open.isEmpty() && boundOnly.isEmpty();
        }

        /** Whether one of them can take this request. */
        boolean admits(QueuedRequest request) {
            if (hasBoundEndpointOf(request)) {
                return true;
            }
            if (request.boundOnly() && full.contains(request.boundEndpoint())) {
                return false;
            }
            for (EndpointId endpoint : open) {
                if (!request.tried().contains(endpoint)) {
                    return true;
                }
            }
            return false;
        }

        /** Whether it is as well served now as it would be by waiting on. */
        boolean suits(QueuedRequest request) {
            return request.boundEndpoint() == null
                    || request.tried().contains(request.boundEndpoint())
                    || hasBoundEndpointOf(request);
        }

        private boolean hasBoundEndpointOf(QueuedRequest request) {
            EndpointId bound = request.boundEndpoint();
            return bound != null
                    && !request.tried().contains(bound)
                    && (open.contains(bound) || boundOnly.contains(bound));
        }
    }
}
