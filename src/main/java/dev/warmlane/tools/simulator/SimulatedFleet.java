package dev.warmlane.tools.simulator;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** Several simulated servers that start and stop together. */
public final class SimulatedFleet implements AutoCloseable {
    private final List<SimulatedServer> servers;

    private SimulatedFleet(List<SimulatedServer> servers) {
        this.servers = List.copyOf(servers);
    }

    /**
     * Starts all servers; none runs if one cannot.
     *
     * @throws java.io.UncheckedIOException naming the port that is taken
     */
    public static SimulatedFleet start(FleetOptions options) {
        List<SimulatedServer> started = new ArrayList<>();
        try {
            for (int i = 0; i < options.servers(); i++) {
                int port = options.port() == 0 ? 0 : options.port() + i;
                ServerOptions server = options.server();
                started.add(SimulatedServer.start(server.withSeed(server.seed() + i), options.host(), port));
            }
            return new SimulatedFleet(started);
        } catch (RuntimeException e) {
            started.forEach(SimulatedServer::close);
            throw e;
        }
    }

    public List<SimulatedServer> servers() {
        return servers;
    }

    public SimulatedServer server(int index) {
        return servers.get(index);
    }

    /** The base URL of each server, in order. */
    public List<URI> uris() {
        return servers.stream().map(SimulatedServer::uri).toList();
    }

    @Override
    public void close() {
        servers.forEach(SimulatedServer::close);
    }
}
