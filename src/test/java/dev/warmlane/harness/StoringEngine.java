package dev.warmlane.harness;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/** An engine that stores the responses it makes, as vLLM does, and knows of no other engine's. */
public final class StoringEngine implements AutoCloseable {
    private static final String RESPONSES = "/v1/responses";

    private final String name;
    private final String model;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<String> stored = ConcurrentHashMap.newKeySet();
    private final AtomicInteger made = new AtomicInteger();

    private StoringEngine(String name, String model) {
        this.name = name;
        this.model = model;
        server = LocalHttp.bind();
        server.setExecutor(threads);
        page("/v1/models", "{\"object\":\"list\",\"data\":[{\"id\":\"%s\",\"object\":\"model\"}]}".formatted(model));
        page("/health", "{}");
        page("/version", "{\"version\":\"0.11.0\"}");
        page("/metrics", "vllm:num_requests_running{engine=\"0\"} 0.0\n");
        server.createContext(RESPONSES, this::responses);
        server.createContext("/v1/audio/transcriptions", this::transcribe);
        server.createContext("/v1/chat/completions", this::chat);
        server.start();
    }

    /** @param model the one that it serves */
    public static StoringEngine start(String name, String model) {
        return new StoringEngine(name, model);
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Responses that it has made. */
    public int made() {
        return made.get();
    }

    private void page(String path, String body) {
        server.createContext(path, exchange -> reply(exchange, 200, "application/json", body));
    }

    /** Says who it is and how long the form was, whose model it must have. */
    private void transcribe(HttpExchange exchange) throws IOException {
        byte[] form = exchange.getRequestBody().readAllBytes();
        boolean served = new String(form, ISO_8859_1)
                .replaceAll("\r\nContent-Type: text/plain[^\r]*", "")
                .contains("name=\"model\"\r\n\r\n" + model + "\r\n");
        String announced = exchange.getRequestHeaders().getFirst("Content-Length");
        reply(
                exchange,
                served && announced.equals(String.valueOf(form.length)) ? 200 : 404,
                "application/json",
                "{\"text\":\"%s heard %d bytes\"}".formatted(name, form.length));
    }

    private void chat(HttpExchange exchange) throws IOException {
        JsonNode request = ChatClient.JSON.readTree(exchange.getRequestBody().readAllBytes());
        boolean served = request.path("model").asString("").equals(model);
        reply(
                exchange,
                served ? 200 : 404,
                "application/json",
                "{\"id\":\"1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"%s\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\"%s\"}}]}"
                        .formatted(model, name));
    }

    private void responses(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        byte[] body = exchange.getRequestBody().readAllBytes();
        if (path.equals(RESPONSES)) {
            create(exchange, ChatClient.JSON.readTree(body));
            return;
        }
        String id = path.substring(RESPONSES.length() + 1).replace("/cancel", "");
        boolean known = exchange.getRequestMethod().equals("DELETE") ? stored.remove(id) : stored.contains(id);
        reply(exchange, known ? 200 : 404, "application/json", "{\"id\":\"%s\"}".formatted(id));
    }

    private void create(HttpExchange exchange, JsonNode request) throws IOException {
        String previous = request.path("previous_response_id").asString("");
        if (!previous.isEmpty() && !stored.contains(previous)) {
            reply(exchange, 404, "application/json", "{\"error\":{\"message\":\"not found\"}}");
            return;
        }
        String id = request.path("request_id").asString("resp_" + name + "_" + made.incrementAndGet());
        stored.add(id);
        String response =
                "{\"id\":\"%s\",\"output\":[{\"id\":\"msg_1\",\"content\":[{\"text\":\"hi\"}]}]}".formatted(id);
        if (request.path("stream").asBoolean(false)) {
            reply(
                    exchange,
                    200,
                    "text/event-stream",
                    "event: response.created\ndata: {\"response\":%s,\"type\":\"response.created\"}\n\n"
                            .formatted(response));
        } else {
            reply(exchange, 200, "application/json", response);
        }
    }

    private void reply(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(UTF_8);
        exchange.getResponseHeaders().add("Content-Type", type);
        // 0: in chunks, as streams are.
        exchange.sendResponseHeaders(status, type.equals("text/event-stream") ? 0 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
