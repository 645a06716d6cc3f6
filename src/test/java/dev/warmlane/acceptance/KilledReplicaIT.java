package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.GatewayProcess;
import dev.warmlane.tools.simulator.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedFleet;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three processes, of which one is killed: its sessions go on where they were, and it is warm before it is ready again. */
class KilledReplicaIT {
    private static final int SESSIONS = 25;
    private static final String SYSTEM_PROMPT = ChatClient.text(2000, "rule");

    private final ChatClient client = new ChatClient();
    private final Map<String, List<Map<String, String>>> conversations = new HashMap<>();
    private final Map<String, String> endpoints = new HashMap<>();

    @TempDir
    private Path directory;

    @Test
    void sessionsStayAndTheReplicaComesBackWarm() throws IOException {
        List<Integer> ports = freePorts();
        List<GatewayProcess> gateways = new ArrayList<>();
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.demo(0, 4))) {
            try {
                for (int i = 0; i < 3; i++) {
                    gateways.add(start(fleet, ports, i));
                }
                gateways.forEach(GatewayProcess::awaitReady);
                await().untilAsserted(() -> assertThat(gateways)
                        .allSatisfy(gateway -> assertThat(members(gateway)).isEqualTo(2)));
                talk(gateways);
                talk(gateways);

                gateways.remove(2).close();
                talk(gateways);

                GatewayProcess back = start(fleet, ports, 2).awaitReady();
                gateways.add(back);
                for (HttpResponse<String> response : talk(List.of(back))) {
                    assertThat(response.headers().firstValue("x-warmlane-affinity"))
                            .contains("session;bound");
                }
                client.getJson(back.management("/actuator/decisions?limit=" + SESSIONS))
                        .at("/decisions")
                        .forEach(decision -> assertThat(
                                        decision.get("matchedTokens").asLong())
                                .isGreaterThan(1000));
            } finally {
                gateways.forEach(GatewayProcess::close);
            }
        }
    }

    /** One more turn of every session, through the gateways in turns; each answers, and at the endpoint of the turn before. */
    private List<HttpResponse<String>> talk(List<GatewayProcess> gateways) {
        List<HttpResponse<String>> responses = new ArrayList<>();
        for (int s = 0; s < SESSIONS; s++) {
            String session = "session-" + s;
            List<Map<String, String>> messages = conversations.computeIfAbsent(
                    session, first -> new ArrayList<>(List.of(Map.of("role", "system", "content", SYSTEM_PROMPT))));
            messages.add(Map.of("role", "user", "content", ChatClient.text(30, session + messages.size())));
            HttpResponse<String> response = client.post(
                    gateways.get(s % gateways.size()).uri("/v1/chat/completions"),
                    ChatClient.body(messages, false),
                    Map.of("x-session-id", session));
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            String endpoint =
                    response.headers().firstValue("x-warmlane-endpoint").orElseThrow();
            assertThat(endpoints.merge(session, endpoint, (before, now) -> before))
                    .isEqualTo(endpoint);
            responses.add(response);
        }
        return responses;
    }

    private GatewayProcess start(SimulatedFleet fleet, List<Integer> ports, int number) {
        return GatewayProcess.start(
                directory,
                "warmlane.endpoints=" + fleet.uris().stream().map(URI::toString).collect(Collectors.joining(",")),
                "warmlane.cluster.members="
                        + ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(",")),
                "warmlane.cluster.port=" + ports.get(number),
                "warmlane.cluster.bind-address=127.0.0.1",
                "warmlane.cluster.secret=a secret of some length");
    }

    private int members(GatewayProcess gateway) {
        return client.getJson(gateway.management("/actuator/cluster"))
                .at("/members")
                .size();
    }

    private static List<Integer> freePorts() throws IOException {
        try (ServerSocket first = new ServerSocket(0);
                ServerSocket second = new ServerSocket(0);
                ServerSocket third = new ServerSocket(0)) {
            return List.of(first.getLocalPort(), second.getLocalPort(), third.getLocalPort());
        }
    }
}
