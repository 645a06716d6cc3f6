package dev.warmlane.tools.validation;

import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.tools.validation.Report.Losses;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
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
            // The JDK's own says nothing but its class.
            Object why = e instanceof ConnectException ? "cannot connect" : e;
            throw new CannotRunException("management: %s: %s (expected: a response)".formatted(status, why), e);
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

    /** One pool as {@code /actuator/vllm} shows it. */
    record PoolReading(String name, List<PodReading> pods) {
        private static final int USUAL_BLOCK_SIZE_TOKENS = 16;

        /** Every pool of a response. */
        static List<PoolReading> all(JsonNode json) {
            List<PoolReading> pools = new ArrayList<>();
            for (JsonNode pool : json.path("pools")) {
                List<PodReading> pods = new ArrayList<>();
                pool.path("endpoints").forEach(pod -> pods.add(PodReading.of(pod)));
                pools.add(new PoolReading(pool.path("pool").asString(""), pods));
            }
            return pools;
        }

        /**
         * The pool that serves the model; the only one where none is named.
         *
         * @throws CannotRunException if there is none, or none of its endpoints takes requests
         */
        static PoolReading choose(List<PoolReading> pools, @Nullable String model) {
            List<PoolReading> fitting = pools.stream()
                    .filter(pool -> model == null || pool.serves(model))
                    .toList();
            if (fitting.isEmpty()) {
                throw new CannotRunException("model: %s (expected: %s)"
                        .formatted(model, served(pools).toList()));
            }
            if (model == null && fitting.size() > 1) {
                throw new CannotRunException("model: none for %d pools (expected: --model of %s)"
                        .formatted(fitting.size(), served(pools).toList()));
            }
            PoolReading pool = fitting.get(0);
            if (pool.selectable() == 0) {
                throw new CannotRunException("pool %s: 0 of %d endpoints take requests (expected: >= 1)"
                        .formatted(pool.name(), pool.pods().size()));
            }
            return pool;
        }

        int selectable() {
            return (int) pods.stream().filter(PodReading::isSelectable).count();
        }

        /** Whether it has this pod, and new sessions may go there. */
        boolean takesRequests(String id) {
            return pods.stream().anyMatch(pod -> pod.isSelectable() && pod.id().equals(id));
        }

        /** The largest of the pods, 16 where none says. */
        int blockSizeTokens() {
            return pods.stream()
                    .map(PodReading::blockSizeTokens)
                    .filter(Objects::nonNull)
                    .mapToInt(Integer::intValue)
                    .max()
                    .orElse(USUAL_BLOCK_SIZE_TOKENS);
        }

        boolean serves(String model) {
            return pods.stream().anyMatch(pod -> pod.models().contains(model));
        }

        /** Whether all counters that can be read were read after a moment. */
        boolean isReadSince(long momentNanos, long askedNanos) {
            return pods.stream()
                    .filter(pod -> !pod.unreadable() && pod.isSelectable())
                    .allMatch(pod -> pod.ageMillis() != null && askedNanos - pod.ageMillis() * 1_000_000 > momentNanos);
        }

        /**
         * The model to ask for.
         *
         * @param wanted null: what its first pod with a list of models serves first
         * @throws CannotRunException if none is named and the pool has listed none
         */
        String model(@Nullable String wanted) {
            String chosen = wanted == null ? served(List.of(this)).findFirst().orElse(null) : wanted;
            if (chosen == null) {
                throw new CannotRunException("pool %s: lists no model yet (expected: --model)".formatted(name));
            }
            return chosen;
        }

        private static Stream<String> served(List<PoolReading> pools) {
            return pools.stream()
                    .flatMap(pool -> pool.pods().stream())
                    .flatMap(pod -> pod.models().stream())
                    .distinct();
        }

        /**
         * One endpoint as {@code /actuator/vllm} shows it.
         *
         * @param id of this life of the pod, or its URL
         * @param name as responses name it
         * @param state the label of its state; probation is told apart from other ejections
         * @param counters since it started; null while it has not told them
         * @param busy requests running, waiting or in flight
         * @param blockSizeTokens null where it does not say
         * @param prefixCaching null where it does not say
         * @param models what it serves
         * @param ageMillis since its counters were read; null if they never were
         * @param unreadable whether they could not be read the last time
         */
        record PodReading(
                String id,
                String name,
                String state,
                @Nullable PrefixCacheCounters counters,
                long busy,
                @Nullable Integer blockSizeTokens,
                @Nullable Boolean prefixCaching,
                List<String> models,
                @Nullable Long ageMillis,
                boolean unreadable) {
            /** A healthy pod that waits for a request to show that it is back: the warm-up brings it one. */
            private static final String PROBATION = "probation";

            private static final Set<String> SELECTABLE = Set.of("ready", "starting", PROBATION);
            private static final String DRAINING = "draining";

            static PodReading of(JsonNode json) {
                JsonNode scrape = json.path("scrape");
                boolean probation = json.path("ejection").path("probation").asBoolean(false);
                boolean counted = json.path("prefixCache").path("queriedTokens").isNumber();
                return new PodReading(
                        json.path("id").asString(""),
                        json.path("name").asString(""),
                        probation ? PROBATION : json.path("state").asString(""),
                        counted ? value(json, "prefixCache", PrefixCacheCounters.class) : null,
                        json.path("running").asLong(0)
                                + json.path("waiting").asLong(0)
                                + json.path("inFlight").asLong(0),
                        value(json, "blockSizeTokens", Integer.class),
                        value(json, "prefixCaching", Boolean.class),
                        json.path("models")
                                .valueStream()
                                .map(JsonNode::asString)
                                .toList(),
                        value(scrape, "ageMillis", Long.class),
                        scrape.hasNonNull("error"));
            }

            private static <T> @Nullable T value(JsonNode json, String name, Class<T> type) {
                return json.hasNonNull(name) ? JsonMapper.shared().treeToValue(json.get(name), type) : null;
            }

            /** Whether new sessions may go there. */
            boolean isSelectable() {
                return SELECTABLE.contains(state);
            }

            /** Whether it is on its way out as intended, so that nobody need miss it. */
            boolean isLeaving() {
                return state.equals(DRAINING);
            }
        }
    }

    /** Nothing can be measured: no gateway there, no such model, nobody to answer. The message is for the operator. */
    static final class CannotRunException extends RuntimeException {
        private static final long serialVersionUID = 1;

        CannotRunException(String message) {
            super(message);
        }

        CannotRunException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
