package dev.warmlane.tools.replay.load;

import dev.warmlane.tools.Arguments;
import dev.warmlane.tools.replay.load.Load.BlockChain;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

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
public record MultiTurnLoad(
        int sessions, int turns, int systemTokens, int questionTokens, int outputTokens, double thinkSeconds, long seed)
        implements Load.Source {

    private static final long SYSTEM = 3;
    private static final long SESSION = 4;

    public MultiTurnLoad {
        Arguments.atLeast("sessions", sessions, 1);
        Arguments.atLeast("turns", turns, 1);
        Load.checkTokens(systemTokens, questionTokens, outputTokens);
        Arguments.positive("think seconds", thinkSeconds);
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
