package dev.warmlane.cluster;

import java.time.Duration;
import java.time.Instant;

/**
 * How a request for another member's state went.
 *
 * @param from who was asked
 * @param at when it ended
 * @param outcome what became of it; parts that had arrived before a failure have been handed over all the same
 * @param chunks parts that arrived
 * @param bytes their sum
 * @param took from the request to the end
 */
public record StateTransfer(Member from, Instant at, Outcome outcome, long chunks, long bytes, Duration took) {
    /** What became of a request. */
    public enum Outcome {
        /** All of it arrived. */
        COMPLETE,
        /** The time was up. */
        TIMED_OUT,
        /** The other member has gone, refused, or sent more than the limit. */
        FAILED
    }
}
