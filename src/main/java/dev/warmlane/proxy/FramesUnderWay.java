package dev.warmlane.proxy;

import dev.warmlane.proxy.body.BufferedBody.BodyBudget;

/**
 * What one side of a WebSocket has sent of frames and the other has not taken yet, counted with the bodies of requests: whoever reads
 * nothing costs memory as well as a frame that does not come to its end. One for each direction. Safe for concurrent use.
 */
final class FramesUnderWay {
    private final BodyBudget budget;
    private int bytes;
    private boolean refused;
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
            refused = true;
            return false;
        }
        bytes += more;
        return true;
    }

    /** Whether no memory was left for some of it. */
    synchronized boolean isRefused() {
        return refused;
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
