package dev.warmlane.ops.actuator;

import dev.warmlane.cluster.ClusterStatistics;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Messages and bytes a second, between two looks at the counts that are at least a second apart. Safe for concurrent use. */
final class ClusterRates {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long LEAST_NANOS = Duration.ofSeconds(1).toNanos();

    private final LongSupplier nanoClock;
    private long sinceNanos;
    private long sent;
    private long received;
    private long bytesSent;
    private long bytesReceived;
    private Rates last = new Rates(0, 0, 0, 0);

    /** Each a second. */
    public record Rates(
            double messagesSentPerSecond,
            double messagesReceivedPerSecond,
            double bytesSentPerSecond,
            double bytesReceivedPerSecond) {}

    ClusterRates(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.sinceNanos = nanoClock.getAsLong();
    }

    synchronized Rates since(ClusterStatistics counts) {
        long now = nanoClock.getAsLong();
        long passed = now - sinceNanos;
        if (passed < LEAST_NANOS) {
            return last;
        }
        double seconds = passed / NANOS_PER_SECOND;
        last = new Rates(
                (counts.messagesPublished() - sent) / seconds,
                (counts.messagesReceived() - received) / seconds,
                (counts.bytesPublished() - bytesSent) / seconds,
                (counts.bytesReceived() - bytesReceived) / seconds);
        sinceNanos = now;
        sent = counts.messagesPublished();
        received = counts.messagesReceived();
        bytesSent = counts.bytesPublished();
        bytesReceived = counts.bytesReceived();
        return last;
    }
}
