package dev.warmlane.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Every meter of the gateway. Labels take few values: pools come from the settings, endpoints are removed when they leave, all
 * others are closed sets.
 */
public enum GatewayMeter {
    REQUESTS(
            Kind.COUNTER,
            "requests",
            "Finished requests by result; pool is none if it was not known yet",
            "pool",
            "result"),
    REQUEST_DURATION(
            Buckets.WHOLE_REQUEST,
            "request.duration",
            "Time from a request's body (its headers, if its pool is not known) to its end, by result",
            "pool",
            "result"),
    MODEL_REQUESTS(
            Kind.COUNTER,
            "model.requests",
            "Finished requests by the model that served them and result; other: a model beyond the first 64, or one that nobody"
                    + " lists",
            "model",
            "result"),
    MODEL_TOKENS(
            Kind.COUNTER,
            "model.tokens",
            "Tokens by model, as responses report them: prompt, of these cached, and output",
            "model",
            "kind"),
    MODEL_TTFT(
            Buckets.FIRST_TOKEN,
            "model.ttft",
            "Time from a request's body to the first byte of a streamed response, by model",
            "model"),
    MODEL_FALLBACKS(
            Kind.COUNTER,
            "model.fallbacks",
            "Requests served by a fallback because the model before it could not, by the name that their clients used",
            "name"),
    OVERHEAD(
            Buckets.OVERHEAD, "overhead", "Time from a request's body to its dispatch: the gateway's own time", "pool"),
    QUEUE_WAIT(Buckets.FIRST_TOKEN, "queue.wait", "Time in the queue, of requests that had to wait", "pool"),
    QUEUE_DEPTH(Kind.GAUGE, "queue.depth", "Requests in the queue because every endpoint is full", "pool"),
    REJECTED(
            Kind.COUNTER,
            "rejected",
            "Requests refused with 429: the queue was full, the wait too long, or the gateway at its limit of concurrent requests",
            "pool",
            "reason"),
    TTFT(Buckets.FIRST_TOKEN, "ttft", "Time from a request's body to the first byte of a streamed response", "pool"),
    INTER_CHUNK_GAP(Buckets.CHUNK_GAP, "inter.chunk.gap", "Time between two chunks of a streamed response", "pool"),
    DECISIONS(
            Kind.COUNTER,
            "decisions",
            "Dispatches to an endpoint, by deciding key and outcome",
            "pool",
            "key",
            "outcome"),
    MOVES_LOSING_HITS(
            Kind.COUNTER,
            "moves.losing.hits",
            "Requests of known sessions that left an endpoint predicted to hold more of their prompt than the one they went to",
            "pool"),
    TARGET(
            Kind.GAUGE,
            "target",
            "Targets that the alerts compare with, by what they are for: hit_ratio, ttft_seconds, stickiness, losing_hits; absent"
                    + " where the pool has none",
            "pool",
            "target"),
    PREFILL_DECISIONS(
            Kind.COUNTER,
            "prefill.decisions",
            "Dispatches in pools with prefill endpoints, by way: transfer, or why the endpoint of the response computes the prompt",
            "pool",
            "way"),
    PREFILL_LEGS(
            Kind.COUNTER,
            "prefill.legs",
            "Requests to prefill endpoints: served, failed, refused, or untransferable where the response named no transfer",
            "pool",
            "result"),
    PREFILL_DURATION(
            Buckets.FIRST_TOKEN,
            "prefill.duration",
            "Time from a request to a prefill endpoint to its response",
            "pool"),
    PREFILL_TRANSFERS(
            Buckets.FIRST_TOKEN,
            "prefill.transfer.duration",
            "Time from the response of a prefill endpoint to the first token of the stream that fetched its blocks",
            "pool"),
    PREFILL_TRANSFERS_FAILED(
            Kind.COUNTER,
            "prefill.transfers.failed",
            "Prompts computed again because an endpoint could not fetch what a prefill endpoint had computed",
            "pool"),
    RETRIES(Kind.COUNTER, "retries", "Retries at another endpoint, by reason", "pool", "reason"),
    RETRY_BUDGET_EXHAUSTED(
            Kind.COUNTER,
            "retry.budget.exhausted",
            "Failed upstream attempts that were not retried because the retry budget was exhausted",
            "pool"),
    MIRRORED(
            Kind.COUNTER,
            "mirrored.requests",
            "Copies of requests sent to a second pool, by its name and result: served, failed, cancelled (out of time) or skipped (too many"
                    + " in flight, memory for bodies short, or their model not served)",
            "pool",
            "result"),
    PREWARM_REQUESTS(
            Kind.COUNTER,
            "prewarm.requests",
            "Requests of the gateway's own that fill an empty cache, by what became of them: served, refused by the engine, or failed",
            "pool",
            "result"),
    PREWARM_TOKENS(
            Kind.COUNTER,
            "prewarm.tokens",
            "Prompt tokens that engines computed to fill an empty cache, as they report them",
            "pool"),
    PREWARM_ENDPOINTS(
            Kind.COUNTER,
            "prewarm.endpoints",
            "Endpoints that came with an empty cache, by what became of filling it: warmed, nothing where no beginnings of prompts are"
                    + " known that sessions share, failed, left, or needed because no other took requests or all were full",
            "pool",
            "result"),
    PREWARM_BYTES(
            Kind.GAUGE,
            "prewarm.bytes",
            "Memory of the beginnings of prompts that sessions share, and of what might become one",
            "pool"),
    PREDICTED_PREFIX_TOKENS(
            Kind.COUNTER,
            "predicted.prefix.tokens",
            "Prompt tokens predicted to be cached, of requests whose usage report says how many were",
            "pool"),
    DELIVERED_PREFIX_TOKENS(
            Kind.COUNTER, "delivered.prefix.tokens", "Prompt tokens cached according to usage reports", "pool"),
    CACHE_HIT_RATIO(
            Kind.GAUGE,
            "cache.hit.ratio",
            "Hit ratio that the pool's caches would have at this multiple of their size, routed as now; infinite: a cache that forgets"
                    + " nothing",
            "pool",
            "size"),
    CACHE_LOST(
            Kind.GAUGE,
            "cache.lost.ratio",
            "Share of the prompt tokens of about the last hour that were no hits, by cause: compulsory, capacity, routing or delivery",
            "pool",
            "cause"),
    CACHE_LEFT_OUT(
            Kind.COUNTER,
            "cache.left.out",
            "Requests and responses that the estimate of larger caches left out because too many came at once",
            "pool"),
    ADVISED_ENDPOINTS(
            Kind.GAUGE,
            "advised.endpoints",
            "Endpoints that the pool should have: the larger of its needs, changed at most once in ten minutes unless the load needs more",
            "pool"),
    NEEDED_ENDPOINTS(
            Kind.GAUGE,
            "needed.endpoints",
            "Endpoints that the pool needs now for its load, and for the target of its hit ratio (0 where there is none or too little is"
                    + " known)",
            "pool",
            "need"),
    SELECTABLE_ENDPOINTS(
            Kind.GAUGE,
            "selectable.endpoints",
            "Healthy endpoints that may get requests; in a panic, failing ones get them too",
            "pool"),
    DISCOVERY_STALE(
            Kind.GAUGE,
            "discovery.stale",
            "1 while Kubernetes cannot be watched, so that the endpoints are those last known",
            "pool"),
    IN_FLIGHT_REQUESTS(Kind.GAUGE, "in.flight.requests", "Requests in flight at an endpoint", "pool", "endpoint"),
    IN_FLIGHT_PROMPT_TOKENS(
            Kind.GAUGE,
            "in.flight.prompt.tokens",
            "Prompt tokens of the requests in flight at an endpoint",
            "pool",
            "endpoint"),
    ENDPOINT_REQUESTS(
            Kind.COUNTER, "endpoint.requests", "Requests sent to an endpoint, retries included", "pool", "endpoint"),
    ENDPOINT_PROMPT_TOKENS(
            Kind.COUNTER,
            "endpoint.prompt.tokens",
            "Prompt tokens of the requests sent to an endpoint",
            "pool",
            "endpoint"),
    ENDPOINTS(Kind.GAUGE, "endpoints", "Endpoints by state", "pool", "state"),
    ENDPOINT_ROLE(
            Kind.GAUGE,
            "endpoint.role",
            "1, by the role of an endpoint: prefill or decode; absent where it computes whole requests",
            "pool",
            "endpoint",
            "role"),
    ENDPOINT_EJECTED(Kind.GAUGE, "endpoint.ejected", "1 while an endpoint is ejected, else 0", "pool", "endpoint"),
    EJECTIONS(Kind.COUNTER, "ejections", "Ejections of failing endpoints, by reason", "pool", "reason"),
    POOL_PANIC(Kind.GAUGE, "pool.panic", "1 while so few endpoints are healthy that all of them are used", "pool"),
    AFFINITY_BINDINGS(Kind.GAUGE, "affinity.bindings", "Bindings of a key to an endpoint"),
    AFFINITY_EVICTIONS(
            Kind.COUNTER,
            "affinity.evictions",
            "Bindings evicted because the table was full or their time to live was over"),
    BUFFERED_BODY_BYTES(Kind.GAUGE, "buffered.body.bytes", "Memory of request bodies that may still have to be sent"),
    BUFFERED_BODY_LIMIT(Kind.GAUGE, "buffered.body.limit.bytes", "Memory that request bodies may take together"),
    BUFFERED_BODY_REFUSALS(
            Kind.COUNTER,
            "buffered.body.refusals",
            "Requests refused because other bodies filled the memory for request bodies"),
    CLIENT_REQUESTS(
            Kind.COUNTER,
            "client.requests",
            "Authenticated requests, by the name of the client's key or group",
            "client"),
    CLIENT_TOKENS(
            Kind.COUNTER,
            "client.tokens",
            "Prompt and generated tokens of authenticated requests, by the name of the client's key or group",
            "client"),
    REFUSALS(
            Kind.COUNTER,
            "refusals",
            "Requests refused because of their client: unknown, not allowed, model not allowed, or past the limit of requests or tokens",
            "reason"),
    BUILD_INFO(Kind.GAUGE, "build.info", "1: what runs here", "version", "commit", "java"),
    CLUSTER_MEMBERS(Kind.GAUGE, "cluster.members", "Replicas in the cluster as this one sees it, itself included"),
    CLUSTER_SILENCE(Kind.GAUGE, "cluster.silence.seconds", "Longest time since another replica was heard"),
    CLUSTER_MESSAGES(Kind.COUNTER, "cluster.messages", "Messages of the cluster, sent to all or received", "direction"),
    CLUSTER_BYTES(
            Kind.COUNTER, "cluster.bytes", "Bytes of the cluster's messages, sent to all or received", "direction"),
    CLUSTER_DROPPED(
            Kind.COUNTER,
            "cluster.dropped",
            "What did not reach other replicas in time, so that the whole state is sent again: facts and messages dropped here, and"
                    + " messages of others lost",
            "kind"),
    CLUSTER_SKIPPED(
            Kind.COUNTER, "cluster.skipped", "Messages and records of a version that this replica does not know"),
    CLUSTER_CONNECTIONS_REFUSED(
            Kind.COUNTER,
            "cluster.connections.refused",
            "Connections to the cluster port that did not come from a replica"),
    ACCESS_LOG_LINES(Kind.COUNTER, "access.log.lines", "Access log lines, written or dropped", "result"),
    ENGINE_KV_CACHE_USAGE(
            Kind.GAUGE,
            "engine.kv.cache.usage.ratio",
            "Share of KV blocks held by running requests",
            "pool",
            "endpoint"),
    ENGINE_KV_CACHE_CAPACITY(
            Kind.GAUGE, "engine.kv.cache.capacity.tokens", "Capacity of the KV cache in tokens", "pool", "endpoint"),
    ENGINE_RUNNING_REQUESTS(
            Kind.GAUGE, "engine.running.requests", "Requests in the engine's batch", "pool", "endpoint"),
    ENGINE_WAITING_REQUESTS(
            Kind.GAUGE, "engine.waiting.requests", "Requests in the engine's own queue", "pool", "endpoint"),
    ENGINE_SCRAPE_AGE(
            Kind.GAUGE,
            "engine.scrape.age.seconds",
            "Time since the last successful scrape; infinite if there was none, NaN while discovery reports the endpoint as not ready",
            "pool",
            "endpoint"),
    ENGINE_HIT_RATIO(
            Kind.GAUGE,
            "engine.prefix.cache.hit.ratio",
            "Share of queried tokens found in the prefix cache over a window",
            "pool",
            "endpoint",
            "window"),
    ENGINE_QUERIED_TOKENS(
            Kind.COUNTER,
            "engine.prefix.cache.queried.tokens",
            "Prompt tokens looked up in the prefix cache",
            "pool",
            "endpoint"),
    ENGINE_HIT_TOKENS(
            Kind.COUNTER,
            "engine.prefix.cache.hit.tokens",
            "Prompt tokens found in the prefix cache",
            "pool",
            "endpoint"),
    ENGINE_PROMPT_TOKENS(Kind.COUNTER, "engine.prompt.tokens", "Prompt tokens processed", "pool", "endpoint"),
    ENGINE_GENERATION_TOKENS(Kind.COUNTER, "engine.generation.tokens", "Tokens generated", "pool", "endpoint"),
    ENGINE_PREEMPTIONS(
            Kind.COUNTER, "engine.preemptions", "Requests preempted for lack of KV blocks", "pool", "endpoint"),
    ENGINE_REJECTIONS(
            Kind.COUNTER,
            "engine.admission.rejections",
            "Requests that the engine refused because its queue was full",
            "pool",
            "endpoint");

    /** What a meter measures with. */
    public enum Kind {
        COUNTER,
        GAUGE,
        /** A timer, whose buckets are in seconds. */
        HISTOGRAM
    }

    private static final String PREFIX = "warmlane.";

    private final Kind kind;
    private final @Nullable Buckets buckets;
    private final String meterName;
    private final String description;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> labels;

    GatewayMeter(Kind kind, String name, String description, String... labels) {
        this(kind, null, name, description, labels);
    }

    GatewayMeter(Buckets buckets, String name, String description, String... labels) {
        this(Kind.HISTOGRAM, buckets, name, description, labels);
    }

    GatewayMeter(Kind kind, @Nullable Buckets buckets, String name, String description, String... labels) {
        this.kind = kind;
        this.buckets = buckets;
        this.meterName = PREFIX + name;
        this.description = description;
        this.labels = List.of(labels);
    }

    /** The name in Micrometer's spelling; Prometheus' has underscores and ends in the unit. */
    public String meterName() {
        return meterName;
    }

    public Kind kind() {
        return kind;
    }

    public String description() {
        return description;
    }

    public List<String> labels() {
        return labels;
    }

    /** Upper bounds of its buckets in seconds, ascending; empty for what is no histogram. */
    public double[] bucketSeconds() {
        return buckets == null ? new double[0] : buckets.seconds();
    }

    /** @param values one for each label */
    public Counter counter(MeterRegistry registry, String... values) {
        return Counter.builder(meterName)
                .description(description)
                .tags(tags(values))
                .register(registry);
    }

    /** A counter that shows what another counts; holds it weakly. */
    public <T> FunctionCounter counter(MeterRegistry registry, T counted, ToDoubleFunction<T> count, String... values) {
        return FunctionCounter.builder(meterName, counted, count)
                .description(description)
                .tags(tags(values))
                .register(registry);
    }

    /** A gauge that holds what it measures. */
    public <T> Gauge gauge(MeterRegistry registry, T measured, ToDoubleFunction<T> value, String... values) {
        return Gauge.builder(meterName, measured, value)
                .description(description)
                .tags(tags(values))
                .strongReference(true)
                .register(registry);
    }

    /** Gauges whose labels come and go, each with {@link #tags}. */
    public MultiGauge gauges(MeterRegistry registry) {
        return MultiGauge.builder(meterName).description(description).register(registry);
    }

    /** A timer with the buckets that suit it. */
    public Timer timer(MeterRegistry registry, String... values) {
        if (buckets == null) {
            throw new IllegalStateException("%s: %s (expected: a histogram)".formatted(meterName, kind));
        }
        return Timer.builder(meterName)
                .description(description)
                .tags(tags(values))
                .serviceLevelObjectives(buckets.bounds())
                .register(registry);
    }

    /** @throws IllegalArgumentException unless there is one value for each label */
    public Tags tags(String... values) {
        if (values.length != labels.size()) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: values for %s)".formatted(meterName, List.of(values), labels));
        }
        Tags tags = Tags.empty();
        for (int i = 0; i < values.length; i++) {
            tags = tags.and(labels.get(i), values[i]);
        }
        return tags;
    }
}
