package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.engines.pool.Pool;
import reactor.core.Disposable;
import reactor.core.Disposables;

/** When one endpoint of one pool is checked next. For the checker's thread. */
final class CheckedEndpoint {
    private final Pool pool;
    private final Disposable.Swap check = Disposables.swap();
    private Endpoint endpoint;
    private long dueNanos;
    private boolean inFlight;

    CheckedEndpoint(Pool pool, Endpoint endpoint, long dueNanos) {
        this.pool = pool;
        this.endpoint = endpoint;
        this.dueNanos = dueNanos;
    }

    /** Checks there from the next time on. */
    void moveTo(Endpoint newPlace) {
        endpoint = newPlace;
    }

    /** Is due now. */
    void hurry(long nowNanos) {
        dueNanos = nowNanos;
    }

    long dueNanos() {
        return dueNanos;
    }

    boolean isDue(long nowNanos) {
        return !inFlight && nowNanos - dueNanos >= 0;
    }

    /**
     * Begins a check.
     *
     * @param onEnd called once, however it ends
     */
    void begin(CheckClient client, long nextDueNanos, Runnable onEnd) {
        inFlight = true;
        dueNanos = nextDueNanos;
        check.update(client.check(pool, endpoint.uri())
                .doFinally(signal -> {
                    inFlight = false;
                    onEnd.run();
                })
                .subscribe(
                        nothing -> {},
                        failure -> pool.health().checked(endpoint.id(), CheckClient.cause(failure)),
                        () -> pool.health().checked(endpoint.id(), null)));
    }

    /** Gives up a check in flight. */
    void stop() {
        check.dispose();
    }
}
