package dev.warmlane.core.routing;

import java.util.Locale;

/** Why the endpoint that makes a response computes the prompt as well, in a pool that has endpoints for prompts. */
public enum PrefillBypass {
    /** The request generates nothing, or by an API whose responses do not carry transfers. */
    API,
    /** It asks for several responses, or has several prompts: each would be a transfer of its own. */
    SEVERAL,
    /** Beam search, which is many requests inside the engine. */
    BEAM_SEARCH,
    /** It asks for the log probabilities of its prompt, which only who computes it knows. */
    PROMPT_LOGPROBS,
    /** It is about a stored response, which is at one endpoint. */
    STORED_RESPONSE,
    /** The endpoint may do both. */
    BOTH,
    /** What it has to compute is too short for a transfer. */
    SHORT,
    /** It holds most of the prompt, and computing the rest costs less. */
    HELD,
    /** Computing all of it costs less there. */
    CHEAPER,
    /** No prefill endpoint takes it. */
    NO_ENDPOINT;

    /** The name in endpoints and metric labels: lower case, with dashes. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
