package dev.warmlane.metrics;

import java.time.Duration;
import java.util.Arrays;

/** Upper bounds of histogram buckets. Those of times that vLLM measures too are vLLM's, so that both can be laid side by side. */
enum Buckets {
    /** As vllm:time_to_first_token_seconds. */
    FIRST_TOKEN(
            0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640),
    /** As vllm:inter_token_latency_seconds, and finer below, where several chunks come at once. */
    CHUNK_GAP(
            0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
            80),
    /** As vllm:e2e_request_latency_seconds, and finer below, where requests are refused. */
    WHOLE_REQUEST(
            0.01, 0.05, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920),
    /** From what a short request costs to what nothing but a stalled process explains. */
    OVERHEAD(0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1);

    private static final double NANOS_PER_SECOND = 1e9;

    @SuppressWarnings("ImmutableEnumChecker") // only copies are handed out
    private final double[] seconds;

    Buckets(double... seconds) {
        this.seconds = seconds;
    }

    double[] seconds() {
        return seconds.clone();
    }

    Duration[] bounds() {
        return Arrays.stream(seconds)
                .mapToObj(bound -> Duration.ofNanos(Math.round(bound * NANOS_PER_SECOND)))
                .toArray(Duration[]::new);
    }
}
