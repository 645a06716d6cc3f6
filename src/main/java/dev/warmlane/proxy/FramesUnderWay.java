package dev.warmlane.proxy;

import dev.warmlane.proxy.body.BufferedBody.BodyBudget;

/**
 * What a client has sent of WebSocket frames and its engine has not taken yet, counted with the bodies of requests: an engine that reads
 * nothing costs memory as well as a frame that does not come to its end. One for each WebSocket. Safe for concurrent use.
 */
final class FramesUnderWay {
    private final BodyBudget budget;
    private int bytes;
    private boolean over;

    FramesUnderWay(BodyBudget budget) {
        this.budget = budget;
    }

    /** So many bytes more are here. Returns false, and counts none, where no memory is left for them. */
    synchronized boolean take(int more) {
        if (over) {
            // They are dropped, or go with the connection.
            return true;
        }
        if (!budget.reserve(more)) {
            return false;
        }
        bytes += more;
        return true;
    }

    /** So many of them are no longer here. */
    synchronized void passed(int gone) {
        int counted = Math.min(gone, bytes);
        bytes -= counted;
        budget.release(counted);
    }

    /** The WebSocket is over, and nothing of it is here. */
    synchronized void end() {
        over = true;
        passed(bytes);
    }
}
