package dev.warmlane.core.admission;

import java.util.Comparator;

/** A request's place in the line. All that can change is guarded by the line's lock. */
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
}
