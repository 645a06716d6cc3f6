package dev.warmlane.tools.validation;

import java.time.Duration;
import picocli.CommandLine.Option;

/** Options that say what is sent. */
final class TalkOptions {
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
    Talk talk() {
        if (!(thinkSeconds >= 0 && thinkSeconds <= 3600)) {
            throw new IllegalArgumentException("think-seconds: %s (expected: 0..3600)".formatted(thinkSeconds));
        }
        Duration think = Duration.ofMillis((long) (1000 * thinkSeconds));
        return new Talk(sessions, turns, systemTokens, questionTokens, outputTokens, think, stream);
    }
}
