package dev.warmlane.harness;

import dev.warmlane.harness.HandDrivenEngine.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What an engine answers to an SDK that shows how it takes failures: 429 with a wait and then a response; an error that must
 * not be tried again; a stream that breaks off.
 */
public final class SdkEngine implements AutoCloseable {
    private static final String JSON = "\r\nContent-Type: application/json";
    private static final String ERROR =
            "{\"error\":{\"message\":\"simulated\",\"type\":\"server_error\",\"param\":null,\"code\":500}}";

    private final HandDrivenEngine engine = HandDrivenEngine.start();
    private final CompletableFuture<List<String>> retryCounts = CompletableFuture.supplyAsync(this::play);

    public String endpoint() {
        return engine.uri().toString();
    }

    /** What the client said of each request's place among its retries, once it has made all of them. */
    public List<String> retryCounts() {
        return Awaited.result(retryCounts);
    }

    /** Requests beyond those that are answered. */
    public int unexpected() {
        return engine.requests();
    }

    private List<String> play() {
        List<String> counts = new ArrayList<>();
        next(counts).answer("429 Too Many Requests\r\nretry-after-ms: 123" + JSON, ERROR);
        next(counts).answer("200 OK" + JSON, chat("message", "second"));
        next(counts).answer("500 Internal Server Error\r\nx-should-retry: false" + JSON, ERROR);
        Exchange stream = next(counts);
        stream.begin("200 OK\r\nContent-Type: text/event-stream");
        stream.wire().sendChunk("data: " + chat("delta", "cut") + "\n\n");
        stream.close();
        return counts;
    }

    private Exchange next(List<String> counts) {
        Exchange exchange = engine.next();
        counts.add(String.valueOf(exchange.request().header("x-stainless-retry-count")));
        return exchange;
    }

    private static String chat(String field, String content) {
        return "{\"id\":\"1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
                + "\"finish_reason\":null,\"" + field + "\":{\"role\":\"assistant\",\"content\":\"" + content
                + "\"}}]}";
    }

    @Override
    public void close() {
        engine.close();
    }
}
