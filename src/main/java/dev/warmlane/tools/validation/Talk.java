package dev.warmlane.tools.validation;

import dev.warmlane.tools.Arguments;
import java.time.Duration;
import picocli.CommandLine.Option;

/**
 * What is said: conversations that share a system prompt and grow turn by turn, side by side. Options of the command, not
 * changed once they are read.
 */
final class Talk {
    private static final int MOST = 1000;
    private static final int MOST_TOKENS = 1_000_000;

    @Option(names = "--sessions", description = "Conversations side by side, 1..1000 (default: 5).")
    private int sessions = 5;

    @Option(names = "--turns", description = "Turns of each, 2..1000 (default: 5).")
    private int turns = 5;

    @Option(
            names = "--system-tokens",
            description = "Length of the system prompt that all share, >= 1 (default: 1000).")
    private int systemTokens = 1000;

    @Option(names = "--question-tokens", description = "Length of each question, >= 1 (default: 50).")
    private int questionTokens = 50;

    @Option(names = "--output-tokens", description = "Length of an answer at most, >= 1 (default: 64).")
    private int outputTokens = 64;

    @Option(names = "--think-seconds", description = "Pause before each turn but the first, 0..3600 (default: 0).")
    private double thinkSeconds;

    @Option(
            names = "--stream",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Whether answers are streamed; only then there is a TTFT (default: --stream).")
    private boolean stream = true;

    /** @throws IllegalArgumentException naming the option that is out of range */
    Talk checked() {
        within("sessions", sessions, 1, MOST);
        within("turns", turns, 2, MOST);
        within("system-tokens", systemTokens, 1, MOST_TOKENS);
        within("question-tokens", questionTokens, 1, MOST_TOKENS);
        within("output-tokens", outputTokens, 1, MOST_TOKENS);
        Arguments.check(thinkSeconds >= 0 && thinkSeconds <= 3600, "think-seconds", thinkSeconds, "0..3600");
        return this;
    }

    int sessions() {
        return sessions;
    }

    int turns() {
        return turns;
    }

    int systemTokens() {
        return systemTokens;
    }

    int questionTokens() {
        return questionTokens;
    }

    int outputTokens() {
        return outputTokens;
    }

    Duration think() {
        return Duration.ofMillis((long) (1000 * thinkSeconds));
    }

    boolean stream() {
        return stream;
    }

    int requests() {
        return sessions * turns;
    }

    /** The tokens of a turn's prompt, from 0, if responses are as long as they may be and the chat template is left out. */
    long promptTokens(int turn) {
        return systemTokens + (turn + 1L) * questionTokens + (long) turn * outputTokens;
    }

    /** The hit ratio that such prompts make possible, in [0, 1]. */
    double possibleHitRatio(int blockSizeTokens) {
        PossibleHits possible = new PossibleHits(this, blockSizeTokens);
        for (int turn = 0; turn < turns; turn++) {
            possible.add(promptTokens(turn), outputTokens);
        }
        return possible.ratio();
    }

    private static void within(String name, int value, int least, int most) {
        Arguments.check(value >= least && value <= most, name, value, least + ".." + most);
    }
}
