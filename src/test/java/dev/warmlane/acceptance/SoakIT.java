package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SoakFaults;
import dev.warmlane.harness.SoakTraffic;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Mixed traffic while engines fail in every way: nothing is lost that could be saved, and afterwards nothing is left. Short
 * by default; {@code ./mvnw verify -Psoak -Dsoak.minutes=10} goes on until it has also seen 10,000 aborts and 10,000 sessions
 * with prompts of 16 KB. The seed is printed; {@code -Dsoak.seed} repeats the faults and the kinds of requests.
 */
@Timeout(value = 7, unit = TimeUnit.DAYS)
class SoakIT {
    private static final Duration DURATION =
            Duration.ofSeconds(Math.round(60 * Double.parseDouble(System.getProperty("soak.minutes", "0.15"))));
    private static final int CLIENTS = Integer.getInteger("soak.clients", 8);
    private static final long LEAST = Long.getLong("soak.least", 50);
    private static final long SEED = Long.getLong("soak.seed", System.nanoTime());
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** What a heap may differ by from one moment to another, however little is kept. */
    private static final long NOISE_BYTES = 24L << 20;

    @Test
    void losesNothingThatCouldBeSavedAndKeepsNothing() throws Exception {
        System.out.printf("soak: seed %d, %s%n", SEED, DURATION);
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(4));
                RunningGateway gateway = start(fleet);
                SoakTraffic traffic = SoakTraffic.start(gateway, CLIENTS, SEED)) {
            long middle;
            try (SoakFaults faults = SoakFaults.start(fleet, SEED)) {
                long began = System.nanoTime();
                awaitElapsed(began, DURATION.dividedBy(2));
                middle = usedHeap();
                awaitElapsed(began, DURATION);
                await().forever()
                        .until(() -> traffic.count("abort") >= LEAST
                                && traffic.count("long prompt of a new session") >= LEAST
                                && faults.rounds() >= 5);
            }
            traffic.stop();
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(gateway.inFlight()).isZero();
                assertThat(fleet.servers())
                        .allSatisfy(
                                server -> assertThat(server.stats().inFlight()).isZero());
            });
            long end = usedHeap();
            Map<String, Long> counts = traffic.counts();
            System.out.printf("soak: %s, heap %d MB, then %d MB%n", counts, middle >> 20, end >> 20);

            assertThat(traffic.failures()).as("lost, of %s", counts).isEmpty();
            assertThat(end).isLessThan(middle + middle / 10 + NOISE_BYTES);
            Reference.reachabilityFence(gateway);
        }
    }

    /** Quick to notice and to forgive, and free to retry: then only what has begun may fail. */
    private static RunningGateway start(SimulatedFleet fleet) {
        return RunningGateway.inFrontOf(
                fleet,
                "warmlane.upstream.response-timeout=3s",
                "warmlane.upstream.idle-timeout=3s",
                "warmlane.retry.on-timeout=true",
                "warmlane.retry.max-retries=3",
                "warmlane.retry.budget=1",
                "warmlane.retry.budget-min=100",
                "warmlane.health.interval=500ms",
                "warmlane.health.timeout=1s",
                "warmlane.health.slow-start=1s",
                "warmlane.outlier.ejection=1s",
                "warmlane.outlier.max-ejection=2s");
    }

    private static void awaitElapsed(long began, Duration duration) {
        await().forever().until(() -> System.nanoTime() - began >= duration.toNanos());
    }

    /** After collecting garbage, while traffic goes on. */
    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
