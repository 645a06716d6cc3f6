package dev.warmlane.tools.validation;

import java.time.Duration;

/**
 * What is said: conversations that share a system prompt and grow turn by turn, side by side.
 *
 * @param sessions how many conversations; 1 to 1000
 * @param turns of each; 2 to 1000
 * @param systemTokens length of the system prompt; at least 1
 * @param questionTokens length of each question; at least 1
 * @param outputTokens a response's greatest length; at least 1
 * @param think pause before each turn but the first; not negative
 * @param stream whether answers are streamed
 */
record Talk(
        int sessions,
        int turns,
        int systemTokens,
        int questionTokens,
        int outputTokens,
        Duration think,
        boolean stream) {
    private static final int MOST = 1000;
    private static final int MOST_TOKENS = 1_000_000;

    Talk {
        check("sessions", sessions, 1, MOST);
        check("turns", turns, 2, MOST);
        check("system-tokens", systemTokens, 1, MOST_TOKENS);
        check("question-tokens", questionTokens, 1, MOST_TOKENS);
        check("output-tokens", outputTokens, 1, MOST_TOKENS);
        if (think.isNegative() || think.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException(
                    "think-seconds: %s (expected: 0..3600)".formatted(think.toMillis() / 1e3));
        }
    }

    int requests() {
        return sessions * turns;
    }

    /** The tokens of a turn's prompt, from 0, if answers are as long as they may be and the chat template is left out. */
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

    private static void check(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("%s: %d (expected: %d..%d)".formatted(name, value, least, most));
        }
    }
}
