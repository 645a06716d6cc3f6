package dev.warmlane.tools.validation;

/**
 * The tokens of one session's prompts that could be found in a cache: one that forgets nothing, holds the shared system
 * prompt from the start and everything the session said and heard so far. Only whole blocks count, and never the last token
 * of a prompt, as in vLLM. For one thread.
 */
final class PossibleHits {
    private final Talk talk;
    private final int blockSizeTokens;
    private long known;
    private long prompts;
    private long hits;

    PossibleHits(Talk talk, int blockSizeTokens) {
        this.talk = talk;
        this.blockSizeTokens = blockSizeTokens;
        this.known = talk.systemTokens;
    }

    /** The session's next turn, with the lengths that the engine counted. */
    void add(long promptTokens, long outputTokens) {
        // A response that does not come back in the next prompt, as a model's thinking, could not have been found.
        long repeated = Math.max(0, promptTokens - talk.questionTokens);
        long found = Math.min(Math.min(known, repeated), promptTokens - 1);
        hits += Math.max(0, found) / blockSizeTokens * blockSizeTokens;
        prompts += promptTokens;
        known = promptTokens + outputTokens;
    }

    long hits() {
        return hits;
    }

    long prompts() {
        return prompts;
    }

    /** 0 without prompts. */
    double ratio() {
        return prompts == 0 ? 0 : (double) hits / prompts;
    }
}
