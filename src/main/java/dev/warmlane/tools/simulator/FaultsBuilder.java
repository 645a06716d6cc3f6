package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.Faults.MetricsFault;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Puts {@link Faults} together, from none; also the options of a command that name them. Not thread-safe. */
public final class FaultsBuilder {
    @Option(names = "--latency-ms", description = "Pause before response headers, >= 0 ms.")
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

    @Option(names = "--slow-start-ms", description = "For this long every step takes ten times as long, >= 0 ms.")
    private long slowStartMillis;

    @Option(names = "--metrics-fault", description = "How /metrics misbehaves: none, garbage, hang.")
    private String metrics = MetricsFault.NONE.label();

    @Option(names = "--zero-token-abort", description = "Requests get status 200, no text and finish reason abort.")
    private boolean zeroTokenAbort;

    @Option(names = "--unhealthy", description = "/health fails.")
    private boolean unhealthy;

    private Duration ending = Duration.ZERO;

    private Faults.Transfers transfers = Faults.Transfers.NONE;

    FaultsBuilder() {}

    /** Sets the pause before response headers, in whole milliseconds. */
    public FaultsBuilder latency(Duration value) {
        latencyMillis = value.toMillis();
        return this;
    }

    /** Sets the error status of requests. */
    public FaultsBuilder status(int value) {
        status = value;
        return this;
    }

    /** Sets how many requests get the status; -1 for all. */
    public FaultsBuilder statusCount(int value) {
        statusCount = value;
        return this;
    }

    /** Sets the chance in [0, 1] that a request gets the status. */
    public FaultsBuilder statusProbability(double value) {
        statusProbability = value;
        return this;
    }

    /** Sets whether requests are never answered. */
    public FaultsBuilder hang(boolean value) {
        hang = value;
        return this;
    }

    /** Sets after how many chunks a stream is reset; -1 for never. */
    public FaultsBuilder resetAfterChunks(int value) {
        resetAfterChunks = value;
        return this;
    }

    /** Sets for how long no connection is accepted. */
    public FaultsBuilder refuse(Duration value) {
        refuse = value;
        return this;
    }

    /** Sets for how long every engine step takes ten times as long, in whole milliseconds. */
    public FaultsBuilder slowStart(Duration value) {
        slowStartMillis = value.toMillis();
        return this;
    }

    /** Sets how the metrics page misbehaves. */
    public FaultsBuilder metrics(MetricsFault value) {
        metrics = value.label();
        return this;
    }

    /** Sets whether requests get status 200 and no text. */
    public FaultsBuilder zeroTokenAbort(boolean value) {
        zeroTokenAbort = value;
        return this;
    }

    /** Sets whether the health check fails. */
    public FaultsBuilder unhealthy(boolean value) {
        unhealthy = value;
        return this;
    }

    /** Sets for how long it refuses requests before it accepts no connection any more. */
    public FaultsBuilder ending(Duration value) {
        ending = value;
        return this;
    }

    /** Sets how KV blocks are fetched and kept. */
    public FaultsBuilder transfers(Faults.Transfers value) {
        transfers = value;
        return this;
    }

    Faults.Transfers transfers() {
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
