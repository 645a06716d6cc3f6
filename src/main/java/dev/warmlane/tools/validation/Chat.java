package dev.warmlane.tools.validation;

import dev.warmlane.tools.WrongArgumentException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The gateway's public port: chat completions. Safe from any thread. */
final class Chat {
    private static final String ENDPOINT_HEADER = "x-warmlane-endpoint";

    /** What was said and by whom. */
    record Message(String role, String content) {}

    private final HttpClient http;
    private final URI completions;
    private final String sessionHeader;
    private final @Nullable String apiKey;
    private final Duration timeout;

    /**
     * @param timeout of a request, to the end of its response
     * @throws IllegalArgumentException if requests may not have such a session header
     */
    Chat(HttpClient http, String base, String sessionHeader, @Nullable String apiKey, Duration timeout) {
        this.http = http;
        this.completions = URI.create(base + "/v1/chat/completions");
        try {
            HttpRequest.newBuilder(completions).header(sessionHeader, "");
        } catch (IllegalArgumentException e) {
            throw WrongArgumentException.of(
                    "session header", sessionHeader, "the name of a header that a client may set");
        }
        this.sessionHeader = sessionHeader;
        this.apiKey = apiKey;
        this.timeout = timeout;
    }

    /** Asks and waits for the end of the response; a failure is a response too. */
    Response ask(String session, String model, List<Message> messages, Talk talk) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(completions)
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .header(sessionHeader, session)
                .POST(BodyPublishers.ofString(body(model, messages, talk)));
        if (apiKey != null) {
            request.header("Authorization", "Bearer " + apiKey);
        }
        ResponseReader reader = new ResponseReader(talk.stream, System.nanoTime());
        CompletableFuture<HttpResponse<ResponseReader>> pending =
                http.sendAsync(request.build(), BodyHandlers.fromLineSubscriber(reader, read -> read, null));
        try {
            HttpResponse<ResponseReader> response = pending.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            return reader.response(
                    response.statusCode(),
                    response.headers().firstValue(ENDPOINT_HEADER).orElse(null));
        } catch (TimeoutException e) {
            pending.cancel(true);
            return Response.failed("no response in time", null);
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            return Response.failed(cause.getClass().getSimpleName(), null);
        }
    }

    private static String body(String model, List<Message> messages, Talk talk) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("model", model);
        body.put("messages", messages);
        body.put("max_tokens", talk.outputTokens);
        body.put("temperature", 0);
        if (talk.stream) {
            body.put("stream", true);
            body.put("stream_options", Map.of("include_usage", true));
        }
        return JsonMapper.shared().writeValueAsString(body);
    }

    /**
     * How one request ended.
     *
     * @param failure why there is no whole response; null if there is one
     * @param endpoint who answered; null if the response does not say
     * @param text what was said
     * @param promptTokens as the engine counted them
     * @param outputTokens as the engine counted them
     * @param cachedTokens of the prompt, as the engine counted them; null if it does not say, which older ones do not when it is 0
     * @param ttftSeconds time to the first token; null where nothing was streamed
     */
    record Response(
            @Nullable String failure,
            @Nullable String endpoint,
            String text,
            long promptTokens,
            long outputTokens,
            @Nullable Long cachedTokens,
            @Nullable Double ttftSeconds) {

        static Response failed(String failure, @Nullable String endpoint) {
            return new Response(failure, endpoint, "", 0, 0, null, null);
        }
    }

    /** Reads a chat completion as its lines arrive, a whole one or a stream of events. For one response. */
    static final class ResponseReader implements Flow.Subscriber<String> {
        private static final String DATA = "data:";
        private static final String DONE = "[DONE]";

        private final boolean stream;
        private final long startNanos;
        private final StringBuilder body = new StringBuilder();
        private final StringBuilder text = new StringBuilder();
        private @Nullable Double ttftSeconds;
        private @Nullable String failure;
        private boolean ended;
        private long promptTokens;
        private long outputTokens;
        private @Nullable Long cachedTokens;

        /** @param startNanos when the request was sent, as of {@link System#nanoTime} */
        ResponseReader(boolean stream, long startNanos) {
            this.stream = stream;
            this.startNanos = startNanos;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(String line) {
            if (!stream) {
                body.append(line).append('\n');
            } else if (line.startsWith(DATA)) {
                event(line.substring(DATA.length()).strip());
            }
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onComplete() {
            if (!stream) {
                take(body.toString(), "message");
                ended = true;
            }
        }

        /** The response; to be called once the body is complete. */
        Chat.Response response(int status, @Nullable String endpoint) {
            if (status != 200) {
                return Chat.Response.failed("status " + status, endpoint);
            } else if (failure != null) {
                return Chat.Response.failed(failure, endpoint);
            } else if (!ended) {
                return Chat.Response.failed("the stream broke off", endpoint);
            } else if (promptTokens == 0) {
                return Chat.Response.failed("no usage in the response", endpoint);
            }
            return new Chat.Response(
                    null, endpoint, text.toString(), promptTokens, outputTokens, cachedTokens, ttftSeconds);
        }

        private void event(String data) {
            if (data.equals(DONE)) {
                ended = true;
            } else {
                take(data, "delta");
            }
        }

        private void take(String json, String part) {
            try {
                JsonNode tree = JsonMapper.shared().readTree(json);
                if (tree.has("error")) {
                    failure = "an error in the response";
                }
                JsonNode said = tree.path("choices").path(0).path(part);
                for (String thinking : new String[] {"reasoning", "reasoning_content"}) {
                    firstToken(said.path(thinking).asString(""));
                }
                String content = said.path("content").asString("");
                firstToken(content);
                text.append(content);
                JsonNode usage = tree.path("usage");
                promptTokens = usage.path("prompt_tokens").asLong(promptTokens);
                outputTokens = usage.path("completion_tokens").asLong(outputTokens);
                JsonNode cached = usage.path("prompt_tokens_details").path("cached_tokens");
                cachedTokens = cached.isNumber() ? (Long) cached.asLong() : cachedTokens;
            } catch (JacksonException e) {
                failure = "a response that is not JSON";
            }
        }

        private void firstToken(String said) {
            if (stream && ttftSeconds == null && !said.isEmpty()) {
                ttftSeconds = (System.nanoTime() - startNanos) / 1e9;
            }
        }
    }
}
