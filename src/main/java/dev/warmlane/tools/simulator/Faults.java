package dev.warmlane.tools.simulator;

import java.time.Duration;

/**
 * What a server does wrong on purpose. Immutable; {@link #NONE} is a healthy server. Faults of requests touch the generation
 * and embedding paths only.
 *
 * @param latency pause before the response headers of a request; zero for none
 * @param status error status of requests, 400 to 599, or 0 for none
 * @param statusCount how many requests get that status; -1 for all until changed
 * @param statusProbability chance in [0, 1] that a request gets that status while the count lasts
 * @param hang requests are accepted and never answered
 * @param resetAfterChunks connections are reset after this many chunks of a stream; -1 for never
 * @param refuse no connection is accepted for this long; zero for none
 * @param slowStart for this long every engine step takes ten times as long; zero for none
 * @param metrics how {@code /metrics} misbehaves
 * @param zeroTokenAbort requests get what a stopping vLLM says: status 200, no text, finish reason "abort"
 * @param unhealthy {@code /health} fails
 */
public record Faults(
        Duration latency,
        int status,
        int statusCount,
        double statusProbability,
        boolean hang,
        int resetAfterChunks,
        Duration refuse,
        Duration slowStart,
        MetricsFault metrics,
        boolean zeroTokenAbort,
        boolean unhealthy) {

    /** How the metrics page misbehaves. */
    public enum MetricsFault {
        NONE,
        /** Bytes that are no exposition. */
        GARBAGE,
        /** No response. */
        HANG;

        /**
         * The fault of this name.
         *
         * @param name none, garbage or hang
         * @throws IllegalArgumentException if there is none
         */
        static MetricsFault parse(String name) {
            return switch (name) {
                case "none" -> NONE;
                case "garbage" -> GARBAGE;
                case "hang" -> HANG;
                default ->
                    throw new IllegalArgumentException(
                            "metrics fault: %s (expected: none, garbage or hang)".formatted(name));
            };
        }
    }

    /** No fault. */
    public static final Faults NONE = builder().build();

    public Faults {
        requireNotNegative("latency", latency);
        requireNotNegative("refuse", refuse);
        requireNotNegative("slow start", slowStart);
        if (status != 0 && (status < 400 || status > 599)) {
            throw new IllegalArgumentException("status: %d (expected: 400..599, or 0 for none)".formatted(status));
        }
        if (statusCount < -1) {
            throw new IllegalArgumentException(
                    "status count: %d (expected: >= 0, or -1 for all)".formatted(statusCount));
        }
        if (!(statusProbability >= 0 && statusProbability <= 1)) {
            throw new IllegalArgumentException("status probability: %s (expected: 0..1)".formatted(statusProbability));
        }
        if (resetAfterChunks < -1) {
            throw new IllegalArgumentException(
                    "reset after chunks: %d (expected: >= 0, or -1 for never)".formatted(resetAfterChunks));
        }
    }

    /** Starts from no fault. */
    public static FaultsBuilder builder() {
        return new FaultsBuilder();
    }

    private static void requireNotNegative(String name, Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("%s: %s (expected: >= 0)".formatted(name, duration));
        }
    }
}
