package dev.warmlane.core.routing;

/** What a pool remembers of a decision that was dispatched, so that later requests with the same key or prompt follow. */
public enum Remember {
    /** Nothing, as by policies that look at neither. */
    NOTHING(false, false),
    /** The endpoint as that of the request's key, unless the request was spilled. */
    BINDING(true, false),
    /** That the endpoint holds the prompt. */
    PROMPT(false, true),
    /** Both. */
    BINDING_AND_PROMPT(true, true);

    private final boolean binding;
    private final boolean prompt;

    Remember(boolean binding, boolean prompt) {
        this.binding = binding;
        this.prompt = prompt;
    }

    boolean binding() {
        return binding;
    }

    boolean prompt() {
        return prompt;
    }
}
