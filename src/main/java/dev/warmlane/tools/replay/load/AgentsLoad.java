package dev.warmlane.tools.replay.load;

import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.replay.load.Load.BlockChain;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.replay.load.SessionLoad.LogNormal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Coding agents: sessions that send their whole context again after every tool call, each time somewhat longer, from about
 * 20,000 tokens to 150,000; then they are over. All begin with the same system prompt and tools, of {@value #SYSTEM_TOKENS}
 * tokens. Now and then one starts sub-agents, which carry its session id and some of its context, and waits for them.
 *
 * <p>The constants follow public statistics of recorded agents (p50 / p90): prompts of 75,000 / 130,000 tokens, responses of
 * 227 / 944, pauses of 11 / 184 s, and a tenth of the requests share less than 95.2 % with the one before them.
 *
 * @param sessions how many begin, spread evenly over the time that is given; at least 1
 * @param beginSeconds the time over which they begin; > 0
 * @param seed of everything that is drawn
 */
public record AgentsLoad(int sessions, double beginSeconds, long seed) implements SessionLoad {
    private static final int SYSTEM_TOKENS = 16_384;
    private static final double SUB_AGENTS_CHANCE = 0.02;
    private static final int MOST_SUB_AGENTS = 3;
    private static final int SUB_AGENT_TURNS = 6;
    private static final double SUB_AGENTS_SECONDS = 90;

    /** What a session says first, what a tool call adds, what a response has, how long a tool or a person takes. */
    private static final LogNormal FIRST = new LogNormal(8000, 24_000, 60_000);

    private static final LogNormal ADDED = new LogNormal(450, 1900, 20_000);
    private static final LogNormal OUTPUT = new LogNormal(227, 944, 8000);
    private static final LogNormal PAUSE_SECONDS = new LogNormal(11, 184, 1200);
    private static final LogNormal LIMIT = new LogNormal(140_000, 155_000, 160_000);

    /** Families of {@link BlockChain}. */
    private static final long SYSTEM = 7;

    private static final long SESSION = 8;
    private static final long SUB_AGENT = 9;

    public AgentsLoad {
        WrongArgumentException.atLeast("sessions", sessions, 1);
        WrongArgumentException.positive("begin seconds", beginSeconds);
    }

    @Override
    public Load read() {
        SplittableRandom random = new SplittableRandom(seed);
        List<LoadRequest> arrivals = new ArrayList<>(sessions);
        for (int session = 0; session < sessions; session++) {
            Context main = new Context(session, SESSION, session, 0, SYSTEM_TOKENS + FIRST.tokens(random));
            arrivals.add(main.turns(Math.round(1e9 * beginSeconds * session / sessions), random));
        }
        return new Load("agents", arrivals);
    }

    /**
     * A context that grows.
     *
     * @param family with the number, what its own text is called
     * @param parentTokens leading tokens that are its session's, not its own
     * @param tokens at the beginning
     */
    private record Context(int session, long family, long number, int parentTokens, int tokens) {

        /** Its turns until it is too long, the first at this time. */
        LoadRequest turns(long firstNanos, SplittableRandom random) {
            boolean sub = family == SUB_AGENT;
            int limit = sub ? Integer.MAX_VALUE : LIMIT.tokens(random);
            List<Turn> turns = new ArrayList<>();
            int prompt = tokens;
            long delay = firstNanos;
            do {
                int output = OUTPUT.tokens(random);
                List<LoadRequest> branches =
                        !sub && random.nextDouble() < SUB_AGENTS_CHANCE ? subAgents(prompt, random) : List.of();
                turns.add(new Turn(delay, prompt, output, branches));
                delay = PAUSE_SECONDS.nanos(random) + (branches.isEmpty() ? 0 : Math.round(1e9 * SUB_AGENTS_SECONDS));
                prompt += output + ADDED.tokens(random);
            } while (prompt < limit && (!sub || turns.size() < SUB_AGENT_TURNS));
            return chained(turns);
        }

        private LoadRequest chained(List<Turn> turns) {
            @Nullable LoadRequest next = null;
            for (int i = turns.size() - 1; i >= 0; i--) {
                Turn turn = turns.get(i);
                next = new LoadRequest(
                        turn.delayNanos,
                        session,
                        turn.promptTokens,
                        turn.outputTokens,
                        hashes(turn.promptTokens + turn.outputTokens),
                        next,
                        turn.branches);
            }
            return Objects.requireNonNull(next);
        }

        private List<LoadRequest> subAgents(int promptTokens, SplittableRandom random) {
            List<LoadRequest> first = new ArrayList<>();
            for (int i = random.nextInt(MOST_SUB_AGENTS); i >= 0; i--) {
                int shared = tokens + random.nextInt(promptTokens - tokens + 1);
                Context sub = new Context(session, SUB_AGENT, random.nextLong(), shared, shared + ADDED.tokens(random));
                first.add(sub.turns(0, random));
            }
            return first;
        }

        private long[] hashes(int allTokens) {
            long[] hashes = new long[allTokens / Load.BLOCK_SIZE_TOKENS];
            for (int i = 0; i < hashes.length; i++) {
                int end = (i + 1) * Load.BLOCK_SIZE_TOKENS;
                if (end <= SYSTEM_TOKENS) {
                    hashes[i] = BlockChain.hash(SYSTEM, 0, i);
                } else if (end <= parentTokens) {
                    hashes[i] = BlockChain.hash(SESSION, session, i);
                } else {
                    hashes[i] = BlockChain.hash(family, number, i);
                }
            }
            return hashes;
        }

        private record Turn(long delayNanos, int promptTokens, int outputTokens, List<LoadRequest> branches) {}
    }
}
