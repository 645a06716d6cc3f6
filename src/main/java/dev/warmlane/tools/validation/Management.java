package dev.warmlane.tools.validation;

import dev.warmlane.tools.validation.Report.Losses;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** The gateway's management port: what the engines say of themselves. Safe from any thread. */
final class Management {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration SETTLED_AT_LATEST = Duration.ofSeconds(20);
    private static final Duration BETWEEN_READS = Duration.ofMillis(200);
    /** A count may reach the engine's metrics a moment after the response has reached its client. */
    private static final Duration ENGINE_LAG = Duration.ofMillis(300);

    private static final Duration LOSSES_LAG = Duration.ofMillis(1200);

    private final HttpClient http;
    private final URI status;
    private final String caches;
    private final @Nullable String key;

    /**
     * @param base the port's URL
     * @param key that the port asks for; null: none
     */
    Management(HttpClient http, String base, @Nullable String key) {
        this.key = key;
        this.http = http;
        this.status = URI.create(base + "/actuator/vllm");
        this.caches = base + "/actuator/cache/";
    }

    /** @throws CannotRunException if it does not answer as a gateway does */
    List<PoolReading> read() throws InterruptedException {
        HttpResponse<String> response;
        try {
            response = get(status);
        } catch (IOException e) {
            throw new CannotRunException("management: %s: %s (expected: a response)".formatted(status, e), e);
        }
        if (response.statusCode() != 200) {
            throw new CannotRunException(
                    "management: %s: status %d (expected: 200)".formatted(status, response.statusCode()));
        }
        try {
            return PoolReading.all(JsonMapper.shared().readTree(response.body()));
        } catch (JacksonException e) {
            throw new CannotRunException("management: %s: not JSON (expected: pools)".formatted(status), e);
        }
    }

    private HttpResponse<String> get(URI page) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(page).timeout(TIMEOUT);
        if (key != null) {
            request.header("Authorization", "Bearer " + key);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    /** Where the pool's hits were lost lately; null where the gateway does not say. */
    @Nullable
    Losses losses(String pool) throws InterruptedException {
        try {
            // It is a second old at most, and has to know of the last response.
            Thread.sleep(LOSSES_LAG.toMillis());
            HttpResponse<String> response = get(URI.create(caches + URLEncoder.encode(pool, StandardCharsets.UTF_8)));
            return response.statusCode() == 200 ? Losses.of(JsonMapper.shared().readTree(response.body())) : null;
        } catch (IOException | JacksonException e) {
            return null;
        }
    }

    /**
     * The pool once the counters of all pods that respond were read after this call; as it is after 20 s otherwise.
     *
     * @throws CannotRunException if the pool is gone
     */
    PoolReading settled(String pool) throws InterruptedException {
        long ended = System.nanoTime();
        while (true) {
            long asked = System.nanoTime();
            PoolReading reading = read().stream()
                    .filter(each -> each.name().equals(pool))
                    .findFirst()
                    .orElseThrow(() -> new CannotRunException("pool: %s: gone".formatted(pool)));
            if (reading.isReadSince(ended + ENGINE_LAG.toNanos(), asked)
                    || asked - ended > SETTLED_AT_LATEST.toNanos()) {
                return reading;
            }
            Thread.sleep(BETWEEN_READS.toMillis());
        }
    }
}
