package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.engines.client.Certificates;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Gateways in processes of their own that form one cluster, over links that can be cut. */
public final class ReplicaProcesses implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String CERTIFICATE = "replica";

    private final Path directory;
    private final Certificates certificates;
    private final List<URI> endpoints;
    private final List<Integer> ports = new ArrayList<>();
    private final List<DisturbedLink> links = new ArrayList<>();
    private final List<GatewayProcess> gateways = new CopyOnWriteArrayList<>();
    private final ChatClient client = new ChatClient();

    private ReplicaProcesses(Path directory, List<URI> endpoints, int count) {
        this.directory = directory;
        this.certificates = new Certificates(directory);
        certificates.make(CERTIFICATE, "dns:replicas");
        this.endpoints = List.copyOf(endpoints);
        for (int i = 0; i < count; i++) {
            ports.add(FreePorts.take());
            links.add(DisturbedLink.to(ports.get(i)));
        }
        for (int i = 0; i < count; i++) {
            gateways.add(launch(i));
        }
        gateways.forEach(GatewayProcess::awaitReady);
        awaitMembers();
    }

    /** @return once all are ready and know each other */
    public static ReplicaProcesses start(Path directory, List<URI> endpoints, int count) {
        return new ReplicaProcesses(directory, endpoints, count);
    }

    /** Those that run; the list follows what is stopped and started. */
    public List<GatewayProcess> gateways() {
        return gateways;
    }

    public List<URI> uris() {
        return gateways.stream().map(gateway -> gateway.uri("")).toList();
    }

    /** Starts the replica of this number again, after its last process has ended. */
    public GatewayProcess restart(int number) {
        GatewayProcess started = launch(number).awaitReady();
        gateways.set(number, started);
        return started;
    }

    /** Nobody hears anybody any more, until every replica believes that it is alone. */
    public void part() {
        links.forEach(DisturbedLink::cut);
        await().atMost(PATIENCE)
                .pollInterval(GatewayProcess.POLL)
                .until(() -> gateways.stream().allMatch(gateway -> members(gateway) == 0));
    }

    /** The network is as before, and all replicas have found each other. */
    public void merge() {
        links.forEach(DisturbedLink::mend);
        awaitMembers();
    }

    public void awaitMembers() {
        await().atMost(PATIENCE)
                .pollInterval(GatewayProcess.POLL)
                .untilAsserted(() -> assertThat(gateways)
                        .allSatisfy(gateway -> assertThat(members(gateway)).isEqualTo(ports.size() - 1)));
    }

    private int members(GatewayProcess gateway) {
        JsonNode page = client.getJson(gateway.management("/actuator/cluster"));
        return page.at("/members").size();
    }

    private GatewayProcess launch(int number) {
        String members = links.stream().map(link -> "127.0.0.1:" + link.port()).collect(Collectors.joining(","));
        return GatewayProcess.start(
                directory,
                "warmlane.endpoints=" + endpoints.stream().map(URI::toString).collect(Collectors.joining(",")),
                "warmlane.drain.accept=2s",
                // An endpoint that a busy machine makes late would send sessions elsewhere.
                "warmlane.health.suspect-after=20s",
                "warmlane.health.timeout=20s",
                "warmlane.cluster.members=" + members,
                "warmlane.cluster.port=" + ports.get(number),
                "warmlane.cluster.bind-address=127.0.0.1",
                "warmlane.cluster.advertised-address=127.0.0.1:"
                        + links.get(number).port(),
                "warmlane.cluster.member-name=replica-" + number,
                // Not by a secret, from which each would derive a key for a second; ReplicasIT has that.
                "warmlane.cluster.ssl-bundle=replicas",
                "spring.ssl.bundle.jks.replicas.keystore.location=" + certificates.keys(CERTIFICATE),
                "spring.ssl.bundle.jks.replicas.keystore.password=" + Certificates.PASSWORD,
                "spring.ssl.bundle.jks.replicas.truststore.location=" + certificates.trust(CERTIFICATE),
                "spring.ssl.bundle.jks.replicas.truststore.password=" + Certificates.PASSWORD);
    }

    @Override
    public void close() {
        gateways.forEach(GatewayProcess::close);
        links.forEach(DisturbedLink::close);
    }
}
