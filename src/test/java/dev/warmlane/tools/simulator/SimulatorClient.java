package dev.warmlane.tools.simulator;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Talks to one simulated server, with a limit on every wait. */
final class SimulatorClient {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();
    private final URI base;

    SimulatorClient(SimulatedServer server) {
        base = server.uri();
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE);
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(request(path).build(), BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, String body, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path).POST(BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    JsonNode postJson(String path, String body) throws IOException, InterruptedException {
        return HttpExchange.json(HttpExchange.utf8(post(path, body).body()));
    }

    /** The data of every event, without the last, which must be {@code [DONE]}. */
    List<String> stream(String path, String body) throws IOException, InterruptedException {
        String events = post(path, body).body();
        if (!events.endsWith("data: [DONE]\n\n")) {
            throw new IOException("stream ends without [DONE]: " + events);
        }
        List<String> data = List.of(events.split("\n\n")).stream()
                .map(event -> event.substring("data: ".length()))
                .toList();
        return data.subList(0, data.size() - 1);
    }
}
