package dev.warmlane.tools.replay.load;

import dev.warmlane.tools.Arguments;
import dev.warmlane.tools.replay.load.Load.BlockChain;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Adapters of one model, of which few are asked for often and many seldom: the r-th has 1/r of the first one's requests. Those
 * of an adapter begin with its system prompt, which is cached for each adapter apart; every request is a session of its own.
 *
 * @param adapters how many; at least 1
 * @param systemTokens tokens that an adapter's prompts share; at least 0
 * @param questionTokens tokens of a prompt's own; at least 1
 * @param outputTokens tokens of every response; at least 1
 * @param requestsPerSecond mean rate of the Poisson process; > 0
 * @param requests how many in all; at least 1
 * @param seed of arrival times and order
 */
public record AdaptersLoad(
        int adapters,
        int systemTokens,
        int questionTokens,
        int outputTokens,
        double requestsPerSecond,
        int requests,
        long seed)
        implements Load.Source {

    /** Families of {@link BlockChain}. */
    private static final long SYSTEM = 13;

    private static final long QUESTION = 14;

    public AdaptersLoad {
        Arguments.atLeast("adapters", adapters, 1);
        Load.checkTokens(systemTokens, questionTokens, outputTokens);
        Arguments.positive("rate", requestsPerSecond);
        Arguments.atLeast("requests", requests, 1);
    }

    @Override
    public Load read() {
        SplittableRandom random = new SplittableRandom(seed);
        List<LoadRequest> arrivals = new ArrayList<>(requests);
        double seconds = 0;
        for (int i = 0; i < requests; i++) {
            seconds += Load.exponential(random) / requestsPerSecond;
            int tokens = systemTokens + questionTokens;
            int adapter = adapter(random);
            long[] hashes = BlockChain.hashes(tokens + outputTokens, systemTokens, SYSTEM, adapter, QUESTION, i);
            arrivals.add(new LoadRequest(
                    Math.round(1e9 * seconds), i, tokens, outputTokens, hashes, "adapter-" + adapter, null, List.of()));
        }
        return new Load("adapters", arrivals);
    }

    private int adapter(SplittableRandom random) {
        double sum = 0;
        for (int rank = 1; rank <= adapters; rank++) {
            sum += 1.0 / rank;
        }
        double left = random.nextDouble() * sum;
        int rank = 1;
        while (rank < adapters && left >= 1.0 / rank) {
            left -= 1.0 / rank;
            rank++;
        }
        return rank - 1;
    }
}
