package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.engine.EngineSequence;
import java.util.stream.DoubleStream;

/** The histograms of vLLM's metrics page, fed from the life of each request. Times in seconds. Confined to one thread. */
final class RequestMetrics {
    private static final double[] REQUEST_SECONDS = {
        0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
    };

    final Histogram promptTokens;
    final Histogram generationTokens;
    final Histogram timeToFirstToken = new Histogram(
            .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560);
    final Histogram interTokenLatency =
            new Histogram(.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80);
    final Histogram endToEnd = new Histogram(REQUEST_SECONDS);
    final Histogram queue = new Histogram(REQUEST_SECONDS);
    final Histogram prefill = new Histogram(REQUEST_SECONDS);
    final Histogram decode = new Histogram(REQUEST_SECONDS);

    RequestMetrics(int maxModelLen) {
        promptTokens = new Histogram(oneTwoFive(maxModelLen));
        generationTokens = new Histogram(oneTwoFive(maxModelLen));
    }

    /** A token came, this long after the one before it. */
    void token(EngineSequence sequence, long nowNanos, long previousNanos) {
        if (sequence.generatedTokens() == 1) {
            timeToFirstToken.observe(seconds(sequence.submittedNanos(), nowNanos));
        } else {
            interTokenLatency.observe(seconds(previousNanos, nowNanos));
        }
    }

    /** The response is complete. */
    void complete(EngineSequence sequence, long nowNanos) {
        promptTokens.observe(sequence.request().promptTokens());
        generationTokens.observe(sequence.generatedTokens());
        endToEnd.observe(seconds(sequence.submittedNanos(), nowNanos));
        queue.observe(seconds(sequence.submittedNanos(), sequence.admittedNanos()));
        long prefilled = sequence.generatedTokens() == 0 ? nowNanos : sequence.firstTokenNanos();
        prefill.observe(seconds(sequence.admittedNanos(), prefilled));
        decode.observe(seconds(prefilled, nowNanos));
    }

    private static double seconds(long fromNanos, long toNanos) {
        return (toNanos - fromNanos) / 1e9;
    }

    /** 1, 2, 5, 10, 20, ... up to the limit. */
    private static double[] oneTwoFive(int limit) {
        return DoubleStream.iterate(1, decade -> decade <= limit, decade -> decade * 10)
                .flatMap(decade -> DoubleStream.of(decade, 2 * decade, 5 * decade))
                .filter(bound -> bound <= limit)
                .toArray();
    }
}
