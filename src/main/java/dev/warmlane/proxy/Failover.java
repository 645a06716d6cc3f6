package dev.warmlane.proxy;

import dev.warmlane.routing.Dispatch;

/** Carries the next dispatch out of an answer that is given up. A signal, so without a stack trace. */
final class Failover extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Dispatch next;

    Failover(Dispatch next) {
        super("failover", null, false, false);
        this.next = next;
    }

    Dispatch next() {
        return next;
    }
}
