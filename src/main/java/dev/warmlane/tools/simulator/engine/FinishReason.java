package dev.warmlane.tools.simulator.engine;

import java.util.Locale;

/** Why a request ended, in vLLM's words. */
public enum FinishReason {
    /** The model ended its response by itself. */
    STOP,
    /** The response reached the length that the client asked for. */
    LENGTH,
    /** The client left, or the server stopped, before the response was complete. */
    ABORT;

    /** The word in responses and metric labels, lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
