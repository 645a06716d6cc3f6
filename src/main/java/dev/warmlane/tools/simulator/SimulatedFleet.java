package dev.warmlane.tools.simulator;

import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.simulator.engine.EngineModel;
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

    /** The servers, in the order of their ports. */
    public List<SimulatedServer> servers() {
        return servers;
    }

    /** One of them, from 0. */
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

    /**
     * How many simulated servers to start, and where.
     *
     * @param host address that they listen on
     * @param port port of the first, the others follow; 0 for free ports
     * @param servers how many; at least 1
     * @param server how each is set up; the seed grows by one from server to server
     */
    public record FleetOptions(String host, int port, int servers, ServerOptions server) {

        /** Beyond the ports that there are nobody could call them. */
        private static final int MOST = 65_535;

        public FleetOptions {
            WrongArgumentException.check(servers >= 1 && servers <= MOST, "pods", servers, "1.." + MOST);
            int lastPort = port == 0 ? 0 : port + servers - 1;
            String range = "0..%d for %d servers".formatted(65_536 - servers, servers);
            WrongArgumentException.check(port >= 0 && lastPort <= 65_535, "port", port, range);
        }

        /** Servers at demo speed on consecutive local ports. */
        public static FleetOptions demo(int port, int servers) {
            return new FleetOptions("127.0.0.1", port, servers, ServerOptions.DEFAULTS);
        }

        /** Servers for tests, as quick as can be, on free local ports. */
        public static FleetOptions instant(int servers) {
            return new FleetOptions("127.0.0.1", 0, servers, ServerOptions.DEFAULTS.withEngine(EngineModel.INSTANT));
        }

        /** The same with servers set up otherwise. */
        public FleetOptions withServer(ServerOptions newServer) {
            return new FleetOptions(host, port, servers, newServer);
        }
    }
}
