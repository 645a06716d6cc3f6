package dev.warmlane.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.simulator.Faults;
import dev.warmlane.simulator.FleetOptions;
import dev.warmlane.simulator.SimulatedFleet;
import dev.warmlane.simulator.SimulatedServer;
import java.net.http.HttpResponse;
import java.util.List;

/** Quick simulated servers and a gateway in front of them, for tests that make the servers fail. */
final class FleetBehindGateway implements AutoCloseable {
    private final SimulatedFleet fleet;
    private final RunningGateway gateway;

    private FleetBehindGateway(SimulatedFleet fleet, RunningGateway gateway) {
        this.fleet = fleet;
        this.gateway = gateway;
    }

    /** @param settings of the gateway, as on the command line, without the dashes */
    static FleetBehindGateway start(int servers, String... settings) {
        SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(servers));
        return new FleetBehindGateway(fleet, RunningGateway.inFrontOf(fleet, settings));
    }

    RunningGateway gateway() {
        return gateway;
    }

    List<SimulatedServer> servers() {
        return fleet.servers();
    }

    /** The server that answered. */
    SimulatedServer serverOf(HttpResponse<String> response) {
        return servers().stream()
                .filter(server -> server.uri().getAuthority().equals(endpoint(response)))
                .findFirst()
                .orElseThrow();
    }

    /** The same faults on every server. */
    void faults(Faults faults) {
        servers().forEach(server -> server.faults(faults));
    }

    /** Requests that the servers have seen since they were started. */
    long requestsSeen() {
        return servers().stream().mapToLong(server -> server.stats().requests()).sum();
    }

    /** Waits until no request is under way, and starts all servers anew without faults. */
    void heal() {
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        servers().forEach(SimulatedServer::restart);
    }

    static String endpoint(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-endpoint").orElseThrow();
    }

    static String affinity(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-affinity").orElseThrow();
    }

    @Override
    public void close() {
        gateway.close();
        fleet.close();
    }
}
