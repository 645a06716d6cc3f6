package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import java.net.http.HttpResponse;
import java.util.List;

/** Quick simulated servers and a gateway in front of them, for tests that make the servers fail. */
public final class FleetBehindGateway implements AutoCloseable {
    private final SimulatedFleet fleet;
    private final RunningGateway gateway;

    private FleetBehindGateway(SimulatedFleet fleet, RunningGateway gateway) {
        this.fleet = fleet;
        this.gateway = gateway;
    }

    /** @param settings of the gateway, as on the command line, without the dashes */
    public static FleetBehindGateway start(int servers, String... settings) {
        SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(servers));
        return new FleetBehindGateway(fleet, RunningGateway.inFrontOf(fleet, settings));
    }

    public RunningGateway gateway() {
        return gateway;
    }

    public List<SimulatedServer> servers() {
        return fleet.servers();
    }

    /** The server that answered. */
    public SimulatedServer serverOf(HttpResponse<String> response) {
        return servers().stream()
                .filter(server -> server.uri().getAuthority().equals(endpoint(response)))
                .findFirst()
                .orElseThrow();
    }

    /** The same faults on every server. */
    public void faults(Faults faults) {
        servers().forEach(server -> server.faults(faults));
    }

    /** Requests that the servers have seen since they were started. */
    public long requestsSeen() {
        return servers().stream().mapToLong(server -> server.stats().requests()).sum();
    }

    /** Waits until no request is under way, and starts all servers anew without faults. */
    public void heal() {
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        servers().forEach(SimulatedServer::restart);
    }

    public static String endpoint(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-endpoint").orElseThrow();
    }

    public static String affinity(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-affinity").orElseThrow();
    }

    @Override
    public void close() {
        gateway.close();
        fleet.close();
    }
}
