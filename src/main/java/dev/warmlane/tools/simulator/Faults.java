package dev.warmlane.tools.simulator;

import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.simulator.Faults.MetricsFault;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.Option;

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
 * @param ending ends as a vLLM does that was told to: for this long requests are refused with status 500 while {@code /health}
 *     passes, then no connection is accepted, and what is under way gets neither data nor an end; zero for not
 * @param transfers how it fetches KV blocks and keeps them for others
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
        boolean unhealthy,
        Duration ending,
        Transfers transfers) {

    /**
     * How KV blocks get from one server to another.
     *
     * @param time that fetching takes
     * @param fails whether nothing can be fetched
     * @param lease how long blocks are kept for whoever fetches them
     */
    public record Transfers(Duration time, boolean fails, Duration lease) {
        /** At once, and kept for as long as vLLM does. */
        public static final Transfers NONE = new Transfers(Duration.ZERO, false, Duration.ofSeconds(30));
    }

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
            for (MetricsFault fault : values()) {
                if (fault.label().equals(name)) {
                    return fault;
                }
            }
            throw WrongArgumentException.of("metrics fault", name, "none, garbage or hang");
        }

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final String ERROR_STATUSES = "400..599, or 0 for none";

    /** No fault. */
    public static final Faults NONE = builder().build();

    public Faults {
        WrongArgumentException.check(!latency.isNegative(), "latency", latency, ">= 0");
        WrongArgumentException.check(!refuse.isNegative(), "refuse", refuse, ">= 0");
        WrongArgumentException.check(!ending.isNegative(), "ending", ending, ">= 0");
        WrongArgumentException.check(!slowStart.isNegative(), "slow start", slowStart, ">= 0");
        WrongArgumentException.check(isErrorStatus(status), "status", status, ERROR_STATUSES);
        WrongArgumentException.check(statusCount >= -1, "status count", statusCount, ">= 0, or -1 for all");
        WrongArgumentException.share("status probability", statusProbability);
        WrongArgumentException.check(
                resetAfterChunks >= -1, "reset after chunks", resetAfterChunks, ">= 0, or -1 for never");
    }

    private static boolean isErrorStatus(int status) {
        return status == 0 || (status >= 400 && status <= 599);
    }

    /** Starts from no fault. */
    public static Builder builder() {
        return new Builder();
    }

    /** Puts {@link Faults} together, from none; also the options of a command that name them. Not thread-safe. */
    public static final class Builder {
        @Option(names = "--latency-ms", description = "Pause before response headers, 0..3600000 ms.")
        private long latencyMillis;

        @Option(names = "--error-status", description = "Error status of requests, 400..599.")
        private int status;

        private int statusCount = -1;

        @Option(names = "--error-rate", description = "Share of requests that get that status, 0..1 (default: 1).")
        private double statusProbability = 1;

        @Option(names = "--hang", description = "Requests are never answered.")
        private boolean hang;

        @Option(names = "--reset-after", description = "Streams are reset after this many chunks, >= 0.")
        private int resetAfterChunks = -1;

        private Duration refuse = Duration.ZERO;

        @Option(
                names = "--slow-start-ms",
                description = "For this long every step takes ten times as long, 0..3600000 ms.")
        private long slowStartMillis;

        @Option(names = "--metrics-fault", description = "How /metrics misbehaves: none, garbage, hang.")
        private String metrics = MetricsFault.NONE.label();

        @Option(names = "--zero-token-abort", description = "Requests get status 200, no text and finish reason abort.")
        private boolean zeroTokenAbort;

        @Option(names = "--unhealthy", description = "/health fails.")
        private boolean unhealthy;

        private Duration ending = Duration.ZERO;

        private Transfers transfers = Transfers.NONE;

        Builder() {}

        /** Checks the values that are options, by what the options are called: JSON has other names and units for them. */
        void check() {
            WrongArgumentException.within("latency ms", latencyMillis, 0, WrongArgumentException.HOUR_MILLIS);
            WrongArgumentException.check(isErrorStatus(status), "error status", status, ERROR_STATUSES);
            WrongArgumentException.share("error rate", statusProbability);
            WrongArgumentException.check(resetAfterChunks >= -1, "reset after", resetAfterChunks, ">= 0");
            WrongArgumentException.within("slow start ms", slowStartMillis, 0, WrongArgumentException.HOUR_MILLIS);
        }

        /** Sets the pause before response headers, in whole milliseconds. */
        public Builder latency(Duration value) {
            latencyMillis = value.toMillis();
            return this;
        }

        /** Sets the error status of requests. */
        public Builder status(int value) {
            status = value;
            return this;
        }

        /** Sets how many requests get the status; -1 for all. */
        public Builder statusCount(int value) {
            statusCount = value;
            return this;
        }

        /** Sets the chance in [0, 1] that a request gets the status. */
        public Builder statusProbability(double value) {
            statusProbability = value;
            return this;
        }

        /** Sets whether requests are never answered. */
        public Builder hang(boolean value) {
            hang = value;
            return this;
        }

        /** Sets after how many chunks a stream is reset; -1 for never. */
        public Builder resetAfterChunks(int value) {
            resetAfterChunks = value;
            return this;
        }

        /** Sets for how long no connection is accepted. */
        public Builder refuse(Duration value) {
            refuse = value;
            return this;
        }

        /** Sets for how long every engine step takes ten times as long, in whole milliseconds. */
        public Builder slowStart(Duration value) {
            slowStartMillis = value.toMillis();
            return this;
        }

        /** Sets how the metrics page misbehaves. */
        public Builder metrics(MetricsFault value) {
            metrics = value.label();
            return this;
        }

        /** Sets whether requests get status 200 and no text. */
        public Builder zeroTokenAbort(boolean value) {
            zeroTokenAbort = value;
            return this;
        }

        /** Sets whether the health check fails. */
        public Builder unhealthy(boolean value) {
            unhealthy = value;
            return this;
        }

        /** Sets for how long it refuses requests before it accepts no connection any more. */
        public Builder ending(Duration value) {
            ending = value;
            return this;
        }

        /** Sets how KV blocks are fetched and kept. */
        public Builder transfers(Transfers value) {
            transfers = value;
            return this;
        }

        Transfers transfers() {
            return transfers;
        }

        /**
         * Checks every value.
         *
         * @throws IllegalArgumentException naming the value and what was expected
         */
        public Faults build() {
            return new Faults(
                    Duration.ofMillis(latencyMillis),
                    status,
                    statusCount,
                    statusProbability,
                    hang,
                    resetAfterChunks,
                    refuse,
                    Duration.ofMillis(slowStartMillis),
                    MetricsFault.parse(metrics),
                    zeroTokenAbort,
                    unhealthy,
                    ending,
                    transfers);
        }
    }
}
