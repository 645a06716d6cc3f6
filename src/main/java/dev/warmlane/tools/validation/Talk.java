package dev.warmlane.tools.validation;

import dev.warmlane.tools.WrongArgumentException;
import java.time.Duration;
import java.util.Random;
import picocli.CommandLine.Option;

/**
 * What is said: conversations that share a system prompt and grow turn by turn, side by side. Options of the command, not
 * changed once they are read.
 */
final class Talk {
    private static final int MOST = 1000;
    private static final int MOST_TOKENS = 1_000_000;

    private static final String[] WORDS =
            ("the and for are but not you all any can had her was one our out day get has him "
                            + "his how man new now old see two way who boy did its let put say she too use air arm art ask bad bag "
                            + "bed big bit box bus buy car cat cup cut dog dry ear eat egg end eye far few fly fun")
                    .split(" ");

    @Option(names = "--sessions", description = "Conversations side by side, 1..1000 (default: 5).")
    int sessions = 5;

    @Option(names = "--turns", description = "Turns of each, 2..1000 (default: 5).")
    int turns = 5;

    @Option(
            names = "--system-tokens",
            description = "Length of the system prompt that all share, >= 1 (default: 1000).")
    int systemTokens = 1000;

    @Option(names = "--question-tokens", description = "Length of each question, >= 1 (default: 50).")
    int questionTokens = 50;

    @Option(names = "--output-tokens", description = "Most tokens of a response, >= 1 (default: 64).")
    int outputTokens = 64;

    @Option(names = "--think-seconds", description = "Pause before each turn but the first, 0..3600 (default: 0).")
    private double thinkSeconds;

    @Option(
            names = "--stream",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Whether responses are streamed; only then there is a TTFT (default: --stream).")
    boolean stream = true;

    /** @throws IllegalArgumentException naming the option that is out of range */
    Talk checked() {
        within("sessions", sessions, 1, MOST);
        within("turns", turns, 2, MOST);
        within("system-tokens", systemTokens, 1, MOST_TOKENS);
        within("question-tokens", questionTokens, 1, MOST_TOKENS);
        within("output-tokens", outputTokens, 1, MOST_TOKENS);
        WrongArgumentException.check(
                thinkSeconds >= 0 && thinkSeconds <= 3600, "think-seconds", thinkSeconds, "0..3600");
        return this;
    }

    Duration think() {
        return Duration.ofMillis((long) (1000 * thinkSeconds));
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

    /**
     * A text of about so many tokens: common words of three letters, each one token with its space, four bytes.
     *
     * @param seed equal seeds say the same, different ones differ from the first words on
     */
    static String text(int tokens, String seed) {
        Random random = new Random(seed.hashCode());
        StringBuilder text = new StringBuilder(tokens * 4);
        for (int i = 0; i < tokens; i++) {
            text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
        }
        return text.toString();
    }

    private static void within(String name, int value, int least, int most) {
        WrongArgumentException.check(value >= least && value <= most, name, value, least + ".." + most);
    }

    /**
     * The tokens of one session's prompts that could be found in a cache: one that forgets nothing, holds the shared system
     * prompt from the start and everything the session said and heard so far. Only whole blocks count, and never the last token
     * of a prompt, as in vLLM. For one thread.
     */
    static final class PossibleHits {
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
}
