package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.cluster.ClusterTransport;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.FreePorts;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.StoringEngine;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Limits of keys, and stored responses, of three gateways that act as one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplicaLimitsIT {
    private static final int REPLICAS = 3;

    private final ChatClient client = new ChatClient();
    private final List<RunningGateway> gateways = new ArrayList<>();
    private StoringEngine first;
    private StoringEngine second;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        first = StoringEngine.start("first", "m");
        second = StoringEngine.start("second", "m");
        List<String> members = Stream.generate(FreePorts::take)
                .limit(REPLICAS)
                .map(port -> "127.0.0.1:" + port)
                .toList();
        List<String> settings = new ArrayList<>(List.of(HashedKeys.settings(
                folder,
                HashedKeys.entry("one", "key-one", "requests-per-minute: 60"),
                HashedKeys.entry("two", "key-two", "requests-per-minute: 60"),
                HashedKeys.entry("free", "key-free", ""))));
        settings.add("warmlane.endpoints=" + first.uri() + "," + second.uri());
        settings.add("warmlane.cluster.members=" + String.join(",", members));
        settings.add("warmlane.cluster.bind-address=127.0.0.1");
        settings.add("warmlane.cluster.secret=a secret of some length");
        for (String member : members) {
            List<String> own = new ArrayList<>(settings);
            own.add("warmlane.cluster.port=" + member.split(":")[1]);
            gateways.add(RunningGateway.start(own.toArray(new String[0])).ready());
        }
        await().untilAsserted(() -> assertThat(gateways)
                .allSatisfy(gateway -> assertThat(
                                gateway.bean(ClusterTransport.class).members())
                        .hasSize(REPLICAS)));
    }

    @AfterAll
    void stop() {
        gateways.forEach(RunningGateway::close);
        first.close();
        second.close();
    }

    @Test
    void requestsOfAMinuteCountOverAllReplicas() {
        for (String key : List.of("key-one", "key-two")) {
            int served = 0;
            long begin = System.nanoTime();
            for (int i = 0; i < 150; i++) {
                served += create(i, key, "").statusCode() == 200 ? 1 : 0;
            }
            // One a second, however long a busy machine takes.
            int seconds = (int) ((System.nanoTime() - begin) / 1_000_000_000);
            assertThat(served).as(key).isBetween(50, 66 + seconds);
        }
    }

    @Test
    void storedResponsesAreFoundAndContinuedThroughAnyReplica() {
        for (int i = 0; i < 20; i++) {
            String id = ChatClient.json(create(0, "key-free", "")).at("/id").asString();
            int through = 1 + i % 2;
            await().untilAsserted(() -> assertThat(client.send(request(through, "/v1/responses/" + id, "key-free")
                                    .build())
                            .statusCode())
                    .isEqualTo(200));
            // The first may have found it by asking around.
            String continued = "\"previous_response_id\":\"%s\",".formatted(id);
            await().untilAsserted(() -> assertThat(
                            create(through, "key-free", continued).statusCode())
                    .isEqualTo(200));
        }
    }

    private HttpResponse<String> create(int number, String key, String member) {
        String body = "{\"model\":\"m\",%s\"input\":\"hello\"}".formatted(member);
        return client.send(request(number, "/v1/responses", key)
                .header("x-session-id", "session-" + number)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    private HttpRequest.Builder request(int number, String path, String key) {
        return ChatClient.request(gateways.get(number % REPLICAS).uri(path), Map.of("Authorization", "Bearer " + key));
    }
}
