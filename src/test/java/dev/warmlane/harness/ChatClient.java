package dev.warmlane.harness;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLConnection;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Talks to the gateway as clients do. */
public final class ChatClient {
    public static final JsonMapper JSON = JsonMapper.shared();

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    /** One conversation that grows turn by turn. */
    public final class Conversation {
        private final URI chat;
        private final Map<String, String> headers;
        private final List<Map<String, String>> messages = new ArrayList<>();

        public Conversation(URI chat, String system, Map<String, String> headers) {
            this.chat = chat;
            this.headers = headers;
            messages.add(Map.of("role", "system", "content", system));
        }

        /** Says something and takes the response into the conversation. */
        public HttpResponse<String> say(String text) {
            messages.add(Map.of("role", "user", "content", text));
            HttpResponse<String> response = post(chat, body(messages, false), headers);
            if (response.statusCode() == 200) {
                String answer = json(response).at("/choices/0/message/content").asString();
                messages.add(Map.of("role", "assistant", "content", answer));
            }
            return response;
        }
    }

    public static String body(List<Map<String, String>> messages, boolean stream) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("model", "Qwen/Qwen3-0.6B");
        body.put("messages", messages);
        if (stream) {
            body.put("stream", true);
        }
        return JSON.writeValueAsString(body);
    }

    public static String body(String text) {
        return body(List.of(Map.of("role", "user", "content", text)), false);
    }

    public HttpResponse<String> post(URI uri, String body, Map<String, String> headers) {
        return send(request(uri, headers)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    public HttpResponse<String> get(URI uri) {
        return send(HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(60)).build());
    }

    /** The time that a test may take limits how long a body may: a request's own timeout ends with the response's head. */
    public HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public JsonNode getJson(URI uri) {
        return json(get(uri));
    }

    /** The data of the first of a stream of events. */
    public JsonNode firstEvent(URI uri) {
        try {
            URLConnection connection = uri.toURL().openConnection();
            connection.setReadTimeout((int) PATIENCE.toMillis());
            try (BufferedReader events =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
                String line = events.readLine();
                while (!line.startsWith("data:")) {
                    line = events.readLine();
                }
                return JSON.readTree(line.substring("data:".length()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static JsonNode json(HttpResponse<String> response) {
        return JSON.readTree(response.body());
    }

    public static HttpRequest.Builder request(URI uri, Map<String, String> headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(60)).header("Content-Type", "application/json");
        headers.forEach(request::header);
        return request;
    }

    /** Text of about this many tokens, 4 bytes each, that differs from topic to topic. */
    public static String text(int tokens, String topic) {
        StringBuilder text = new StringBuilder(tokens * 4 + 16);
        for (int i = 0; text.length() < tokens * 4; i++) {
            text.append(topic).append(i).append(' ');
        }
        return text.toString();
    }
}
