package dev.warmlane.tools.replay.load;

import dev.warmlane.tools.Arguments;
import dev.warmlane.tools.replay.load.Load.BlockChain;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Groups of prompts that share a long beginning, such as tenants with their own system prompts. Every prompt is a session of
 * its own that is asked again and again and gets the same response, as without sampling; arrivals are a Poisson process and draw the
 * prompts at random.
 *
 * @param groups how many groups; at least 1
 * @param promptsPerGroup different prompts in each; at least 1
 * @param systemTokens tokens that the prompts of a group share; at least 0
 * @param questionTokens tokens of a prompt's own; at least 1
 * @param outputTokens tokens of every response; at least 1
 * @param requestsPerSecond mean rate of arrivals; > 0
 * @param requests how many in all; at least 1
 * @param seed of arrival times and order
 */
public record SharedPrefixLoad(
        int groups,
        int promptsPerGroup,
        int systemTokens,
        int questionTokens,
        int outputTokens,
        double requestsPerSecond,
        int requests,
        long seed)
        implements Load.Source {

    private static final long SYSTEM = 1;
    private static final long QUESTION = 2;

    public SharedPrefixLoad {
        Arguments.atLeast("groups", groups, 1);
        Arguments.atLeast("prompts", promptsPerGroup, 1);
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
            arrivals.add(request((long) (seconds * 1e9), random.nextInt(groups * promptsPerGroup)));
        }
        return new Load("shared-prefix", arrivals);
    }

    private LoadRequest request(long arrivalNanos, int prompt) {
        int tokens = systemTokens + questionTokens;
        int group = prompt / promptsPerGroup;
        long[] hashes = BlockChain.hashes(tokens + outputTokens, systemTokens, SYSTEM, group, QUESTION, prompt);
        return new LoadRequest(arrivalNanos, prompt, tokens, outputTokens, hashes, null);
    }
}
