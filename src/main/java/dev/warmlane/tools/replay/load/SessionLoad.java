package dev.warmlane.tools.replay.load;

import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.replay.load.Load.BlockChain;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Generated sessions, in which each turn waits for the response before it. Constants that name families are of {@link BlockChain}. */
public interface SessionLoad extends Load.Source {
    /**
     * Conversations that grow: every turn sends all that was said before and a new question, some time after the response. They
     * share a system prompt and begin evenly spread over one mean think time.
     *
     * @param sessions how many conversations; at least 1
     * @param turns requests in each; at least 1
     * @param systemTokens tokens that all share; at least 0
     * @param questionTokens tokens that a turn adds; at least 1
     * @param outputTokens tokens of every response; at least 1
     * @param thinkSeconds mean of the exponentially distributed time from a response to the next turn; > 0
     * @param seed of the times
     */
    record MultiTurnLoad(
            int sessions,
            int turns,
            int systemTokens,
            int questionTokens,
            int outputTokens,
            double thinkSeconds,
            long seed)
            implements SessionLoad {

        private static final long SYSTEM = 3;
        private static final long SESSION = 4;

        public MultiTurnLoad {
            WrongArgumentException.atLeast("sessions", sessions, 1);
            WrongArgumentException.atLeast("turns", turns, 1);
            Load.checkTokens(systemTokens, questionTokens, outputTokens);
            WrongArgumentException.positive("think seconds", thinkSeconds);
        }

        @Override
        public Load read() {
            SplittableRandom random = new SplittableRandom(seed);
            List<LoadRequest> arrivals = new ArrayList<>(sessions);
            for (int session = 0; session < sessions; session++) {
                LoadRequest next = null;
                for (int turn = turns - 1; turn > 0; turn--) {
                    next = turn(nanos(Load.exponential(random) * thinkSeconds), session, turn, next);
                }
                arrivals.add(turn(nanos(thinkSeconds * session / sessions), session, 0, next));
            }
            return new Load("multi-turn", arrivals);
        }

        private LoadRequest turn(long delayNanos, int session, int turn, @Nullable LoadRequest next) {
            int promptTokens = systemTokens + questionTokens + turn * (questionTokens + outputTokens);
            int allTokens = promptTokens + outputTokens;
            long[] hashes = BlockChain.hashes(allTokens, systemTokens, SYSTEM, 0, SESSION, session);
            return new LoadRequest(delayNanos, session, promptTokens, outputTokens, hashes, next);
        }

        private static long nanos(double seconds) {
            return Math.round(seconds * 1e9);
        }
    }

    /**
     * Chats as people have them: sessions begin as a Poisson process, most have a turn or two and a few have many, prompts differ
     * by orders of magnitude and every turn repeats what was said before. All begin with the same short system prompt.
     *
     * <p>The constants follow a public trace of such chats: prompts of 6,900 / 27,000 tokens (p50 / p90), responses of 343 on
     * average, pauses of 123 / 483 s, a third of all prompt blocks seen before.
     *
     * @param sessionsPerSecond mean rate at which they begin; > 0
     * @param sessions how many; at least 1
     * @param seed of everything that is drawn
     */
    record ConversationsLoad(double sessionsPerSecond, int sessions, long seed) implements SessionLoad {
        private static final int SYSTEM_TOKENS = 512;
        private static final double NEXT_TURN_CHANCE = 0.5;
        private static final int LONGEST_PROMPT = 120_000;
        private static final LogNormal ADDED = new LogNormal(2900, 12_500, 100_000);
        private static final LogNormal OUTPUT = new LogNormal(270, 600, 2000);
        private static final LogNormal PAUSE_SECONDS = new LogNormal(123, 483, 1800);

        private static final long SYSTEM = 10;

        private static final long SESSION = 11;

        public ConversationsLoad {
            WrongArgumentException.positive("rate", sessionsPerSecond);
            WrongArgumentException.atLeast("sessions", sessions, 1);
        }

        @Override
        public Load read() {
            SplittableRandom random = new SplittableRandom(seed);
            List<LoadRequest> arrivals = new ArrayList<>(sessions);
            double seconds = 0;
            for (int session = 0; session < sessions; session++) {
                seconds += Load.exponential(random) / sessionsPerSecond;
                arrivals.add(turns(session, Math.round(1e9 * seconds), SYSTEM_TOKENS, random));
            }
            return new Load("conversations", arrivals);
        }

        private static LoadRequest turns(int session, long delayNanos, int saidTokens, SplittableRandom random) {
            int prompt = saidTokens + ADDED.tokens(random);
            int output = OUTPUT.tokens(random);
            @Nullable
            LoadRequest next = prompt < LONGEST_PROMPT && random.nextDouble() < NEXT_TURN_CHANCE
                    ? turns(session, PAUSE_SECONDS.nanos(random), prompt + output, random)
                    : null;
            long[] hashes = BlockChain.hashes(prompt + output, SYSTEM_TOKENS, SYSTEM, 0, SESSION, session);
            return new LoadRequest(delayNanos, session, prompt, output, hashes, next);
        }
    }

    /**
     * A log-normal distribution, told by two of its percentiles as statistics of traffic give them.
     *
     * @param p50 the median; > 0
     * @param p90 at least the median
     * @param most larger draws count as this
     */
    record LogNormal(double p50, double p90, double most) {
        /** The standard normal distribution's 90th percentile. */
        private static final double NORMAL_P90 = 1.2815515655446004;

        double draw(SplittableRandom random) {
            // StrictMath, so that a load is the same on every machine.
            double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
            double normal = radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
            double sigma = StrictMath.log(p90 / p50) / NORMAL_P90;
            return Math.min(most, p50 * StrictMath.exp(sigma * normal));
        }

        /** A draw as whole tokens, at least 1. */
        int tokens(SplittableRandom random) {
            return (int) Math.max(1, Math.round(draw(random)));
        }

        /** A draw of seconds in nanoseconds. */
        long nanos(SplittableRandom random) {
            return Math.round(draw(random) * 1e9);
        }
    }
}
