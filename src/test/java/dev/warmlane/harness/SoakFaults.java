package dev.warmlane.harness;

import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.Faults.MetricsFault;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedServer;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Something is always wrong with one or two engines of a fleet: round by round, each with a fault drawn from a seed. The last
 * engine is always well, so that whatever a request meets on its way from round to round, there is one that can answer it.
 */
public final class SoakFaults implements AutoCloseable {
    private static final long ROUND_MILLIS = 1500;

    private final SimulatedFleet fleet;
    private final SplittableRandom random;
    private final ScheduledExecutorService rounds = Executors.newSingleThreadScheduledExecutor();
    private final Set<SimulatedServer> killed = new HashSet<>();
    private volatile int begun;

    private SoakFaults(SimulatedFleet fleet, long seed) {
        this.fleet = fleet;
        this.random = new SplittableRandom(seed);
        rounds.scheduleWithFixedDelay(this::nextRound, 0, ROUND_MILLIS, TimeUnit.MILLISECONDS);
    }

    public static SoakFaults start(SimulatedFleet fleet, long seed) {
        return new SoakFaults(fleet, seed);
    }

    /** Rounds so far. */
    public int rounds() {
        return begun;
    }

    private void nextRound() {
        fleet.servers().forEach(this::heal);
        int others = fleet.servers().size() - 1;
        int first = random.nextInt(others);
        int second = random.nextInt(others);
        afflict(fleet.server(first));
        if (second != first) {
            afflict(fleet.server(second));
        }
        begun = begun + 1;
    }

    private void afflict(SimulatedServer server) {
        switch (random.nextInt(11)) {
            case 0 -> kill(server);
            case 1 -> server.restart();
            case 2 ->
                server.faults(Faults.builder().refuse(Duration.ofSeconds(1)).build());
            case 3 ->
                server.faults(
                        Faults.builder().resetAfterChunks(random.nextInt(8)).build());
            case 4 -> server.faults(Faults.builder().hang(true).build());
            case 5 ->
                server.faults(Faults.builder()
                        .status(502 + random.nextInt(3))
                        .statusProbability(0.5)
                        .build());
            case 6 -> server.faults(Faults.builder().zeroTokenAbort(true).build());
            case 7 ->
                server.faults(Faults.builder().latency(Duration.ofMillis(300)).build());
            case 8 ->
                server.faults(Faults.builder().slowStart(Duration.ofSeconds(1)).build());
            case 9 ->
                server.faults(Faults.builder().metrics(MetricsFault.GARBAGE).build());
            default -> server.faults(Faults.builder().unhealthy(true).build());
        }
    }

    /** Cures every fault; a killed engine comes back with an empty cache. */
    private void heal(SimulatedServer server) {
        if (killed.remove(server)) {
            server.restart();
        } else {
            server.faults(Faults.NONE);
        }
    }

    private void kill(SimulatedServer server) {
        server.stop();
        killed.add(server);
    }

    /** Ends the rounds and leaves every engine well. */
    @Override
    public void close() throws InterruptedException {
        rounds.shutdown();
        if (!rounds.awaitTermination(60, TimeUnit.SECONDS)) {
            throw new AssertionError("a round of faults does not end");
        }
        fleet.servers().forEach(this::heal);
    }
}
