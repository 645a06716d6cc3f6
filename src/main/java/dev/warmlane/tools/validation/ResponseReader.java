package dev.warmlane.tools.validation;

import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads a chat completion as its lines arrive, a whole one or a stream of events. For one response. */
final class ResponseReader implements Flow.Subscriber<String> {
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
            return Chat.Response.failed("no usage in the answer", endpoint);
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
                failure = "an error in the answer";
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
            failure = "an answer that is not JSON";
        }
    }

    private void firstToken(String said) {
        if (stream && ttftSeconds == null && !said.isEmpty()) {
            ttftSeconds = (System.nanoTime() - startNanos) / 1e9;
        }
    }
}
