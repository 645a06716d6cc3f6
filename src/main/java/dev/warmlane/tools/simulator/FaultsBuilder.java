package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.Faults.MetricsFault;
import java.time.Duration;

/** Puts {@link Faults} together, from none. Not thread-safe. */
public final class FaultsBuilder {
    private Duration latency = Duration.ZERO;
    private int status = 0;
    private int statusCount = -1;
    private double statusProbability = 1;
    private boolean hang = false;
    private int resetAfterChunks = -1;
    private Duration refuse = Duration.ZERO;
    private Duration slowStart = Duration.ZERO;
    private MetricsFault metrics = MetricsFault.NONE;
    private boolean zeroTokenAbort = false;
    private boolean unhealthy = false;

    FaultsBuilder() {}

    /** Sets the pause before response headers. */
    public FaultsBuilder latency(Duration value) {
        latency = value;
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

    /** Sets for how long every engine step takes ten times as long. */
    public FaultsBuilder slowStart(Duration value) {
        slowStart = value;
        return this;
    }

    /** Sets how the metrics page misbehaves. */
    public FaultsBuilder metrics(MetricsFault value) {
        metrics = value;
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

    /**
     * Checks every value.
     *
     * @throws IllegalArgumentException naming the value and what was expected
     */
    public Faults build() {
        return new Faults(
                latency,
                status,
                statusCount,
                statusProbability,
                hang,
                resetAfterChunks,
                refuse,
                slowStart,
                metrics,
                zeroTokenAbort,
                unhealthy);
    }
}
