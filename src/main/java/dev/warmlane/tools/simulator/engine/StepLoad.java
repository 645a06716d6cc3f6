package dev.warmlane.tools.simulator.engine;

/** What one step computes; reused from step to step so that stepping allocates nothing. */
final class StepLoad {
    long prefillTokens;
    /** Sum over the prompt tokens of their positions in the context. */
    double prefillPositions;

    int decodeSequences;
    long decodeContextTokens;

    void clear() {
        prefillTokens = 0;
        prefillPositions = 0;
        decodeSequences = 0;
        decodeContextTokens = 0;
    }

    void add(EngineSequence sequence) {
        if (sequence.decoding()) {
            decodeSequences++;
            decodeContextTokens += sequence.computedTokens;
        } else {
            int tokens = sequence.stepTokens;
            prefillTokens += tokens;
            prefillPositions += (double) tokens * (sequence.computedTokens + tokens / 2.0);
        }
    }
}
