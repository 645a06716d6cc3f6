package dev.warmlane.core.admission;

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
