package dev.warmlane.tools.replay.load;

import dev.warmlane.tools.Arguments;
import dev.warmlane.tools.replay.load.Load.BlockChain;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Several samples of one problem, asked for at once: bursts of equal prompts that nobody has sent before, each request a session of its
 * own, a millisecond apart. Bursts are a Poisson process.
 *
 * @param bursts how many; at least 1
 * @param samples requests in each; at least 1
 * @param promptTokens tokens of every prompt; at least 1
 * @param outputTokens tokens of every response; at least 1
 * @param burstsPerSecond mean rate; > 0
 * @param seed of the times
 */
public record BurstLoad(int bursts, int samples, int promptTokens, int outputTokens, double burstsPerSecond, long seed)
        implements Load.Source {
    private static final long SAMPLE_GAP_NANOS = 1_000_000;

    /** A family of {@link BlockChain}. */
    private static final long PROBLEM = 12;

    public BurstLoad {
        Arguments.atLeast("bursts", bursts, 1);
        Arguments.atLeast("samples", samples, 1);
        Arguments.atLeast("prompt tokens", promptTokens, 1);
        Arguments.atLeast("output tokens", outputTokens, 1);
        Arguments.positive("rate", burstsPerSecond);
    }

    @Override
    public Load read() {
        SplittableRandom random = new SplittableRandom(seed);
        List<LoadRequest> arrivals = new ArrayList<>(bursts * samples);
        double seconds = 0;
        for (int burst = 0; burst < bursts; burst++) {
            seconds += Load.exponential(random) / burstsPerSecond;
            long[] hashes = BlockChain.hashes(promptTokens, 0, PROBLEM, 0, PROBLEM, burst);
            for (int sample = 0; sample < samples; sample++) {
                long nanos = Math.round(1e9 * seconds) + sample * SAMPLE_GAP_NANOS;
                arrivals.add(
                        new LoadRequest(nanos, burst * samples + sample, promptTokens, outputTokens, hashes, null));
            }
        }
        arrivals.sort((a, b) -> Long.compare(a.delayNanos(), b.delayNanos()));
        return new Load("bursts", arrivals);
    }
}
