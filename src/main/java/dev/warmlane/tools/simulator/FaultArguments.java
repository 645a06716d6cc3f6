package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.Faults.MetricsFault;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Options of the faults that are in force from the start. */
final class FaultArguments {
    @Option(names = "--latency-ms", description = "Pause before response headers, >= 0 ms.")
    private long latencyMillis;

    @Option(names = "--error-status", description = "Error status of requests, 400..599.")
    private int status;

    @Option(names = "--error-rate", description = "Share of requests that get that status, 0..1 (default: 1).")
    private double statusProbability = 1;

    @Option(names = "--hang", description = "Requests are never answered.")
    private boolean hang;

    @Option(names = "--reset-after", description = "Streams are reset after this many chunks, >= 0.")
    private int resetAfterChunks = -1;

    @Option(names = "--slow-start-ms", description = "For this long every step takes ten times as long, >= 0 ms.")
    private long slowStartMillis;

    @Option(names = "--metrics-fault", description = "How /metrics misbehaves: none, garbage, hang.")
    private String metrics = "none";

    @Option(names = "--zero-token-abort", description = "Requests get status 200, no text and finish reason abort.")
    private boolean zeroTokenAbort;

    @Option(names = "--unhealthy", description = "/health fails.")
    private boolean unhealthy;

    Faults toFaults() {
        return Faults.builder()
                .latency(Duration.ofMillis(latencyMillis))
                .status(status)
                .statusProbability(statusProbability)
                .hang(hang)
                .resetAfterChunks(resetAfterChunks)
                .slowStart(Duration.ofMillis(slowStartMillis))
                .metrics(MetricsFault.parse(metrics))
                .zeroTokenAbort(zeroTokenAbort)
                .unhealthy(unhealthy)
                .build();
    }
}
