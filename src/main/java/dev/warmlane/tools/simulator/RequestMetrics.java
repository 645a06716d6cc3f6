package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.Exposition.Histogram;
import dev.warmlane.tools.simulator.engine.EngineSequence;
import java.util.List;
import java.util.stream.DoubleStream;

/** The histograms of vLLM's metrics page, fed from the life of each request. Times in seconds. Confined to one thread. */
final class RequestMetrics {
    private static final double[] REQUEST_SECONDS = {
        0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
    };
    private static final double[] FIRST_TOKEN_SECONDS = {
        .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560
    };
    private static final double[] TOKEN_SECONDS = {
        .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
    };

    private final Histogram promptTokens;
    private final Histogram generationTokens;
    private final Histogram timeToFirstToken =
            seconds("time_to_first_token", "time to first token", FIRST_TOKEN_SECONDS);
    private final Histogram interTokenLatency;
    private final Histogram endToEnd = seconds("e2e_request_latency", "e2e request latency", REQUEST_SECONDS);
    private final Histogram queue = phase("queue", "WAITING");
    private final Histogram prefill = phase("prefill", "PREFILL");
    private final Histogram decode = phase("decode", "DECODE");

    RequestMetrics(ServerOptions options) {
        double[] tokens = oneTwoFive(options.models().maxModelLen());
        promptTokens = new Histogram("request_prompt_tokens", "Number of prefill tokens processed.", tokens);
        generationTokens = new Histogram("request_generation_tokens", "Number of generation tokens processed.", tokens);
        interTokenLatency = options.version().isLegacy()
                ? seconds("time_per_output_token", "time per output token", TOKEN_SECONDS)
                : seconds("inter_token_latency", "inter-token latency", TOKEN_SECONDS);
    }

    /** In the order of the page. */
    List<Histogram> all() {
        return List.of(
                promptTokens, generationTokens, timeToFirstToken, interTokenLatency, endToEnd, queue, prefill, decode);
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

    private static Histogram seconds(String name, String measure, double[] bounds) {
        return new Histogram(name + "_seconds", "Histogram of %s in seconds.".formatted(measure), bounds);
    }

    private static Histogram phase(String name, String phase) {
        String help = "Histogram of time spent in %s phase for request.".formatted(phase);
        return new Histogram("request_%s_time_seconds".formatted(name), help, REQUEST_SECONDS);
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
