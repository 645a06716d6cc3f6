package dev.warmlane.metrics;

/** What pools and their endpoints are like: load, health, caches and what the engines report; and this replica and its cluster. */
public enum PoolMeter implements GatewayMeter {
    TARGET(
            Kind.GAUGE,
            "target",
            "Targets of the pool that alerts compare with, by name: hit_ratio, ttft_seconds, stickiness, losing_hits; absent if not set",
            "pool",
            "target"),
    PREWARM_REQUESTS(
            Kind.COUNTER,
            "prewarm.requests",
            "Requests that the gateway sent to fill a cache, by result: served, refused by the engine, or failed",
            "pool",
            "result"),
    PREWARM_TOKENS(
            Kind.COUNTER,
            "prewarm.tokens",
            "Prompt tokens that engines computed to fill a cache, as they report them",
            "pool"),
    PREWARM_ENDPOINTS(
            Kind.COUNTER,
            "prewarm.endpoints",
            "Endpoints that started with an empty cache, by the result of filling it: warmed, nothing (no beginnings of prompts that"
                    + " sessions share are known), failed, left, or needed (no other took requests, or all were full)",
            "pool",
            "result"),
    PREWARM_HANDOVERS(
            Kind.COUNTER,
            "prewarm.handovers",
            "Endpoints about to end, by the result of handing over what they hold of prompts that sessions share:"
                    + " done, nothing, failed, or needed (requests waited, or the endpoint came back)",
            "pool",
            "result"),
    PREWARM_BYTES(
            Kind.GAUGE,
            "prewarm.bytes",
            "Memory of the beginnings of prompts that sessions share, and of what might become one",
            "pool"),
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
    BUILD_INFO(Kind.GAUGE, "build.info", "1: what runs here", "version", "commit", "java"),
    CLUSTER_MEMBERS(Kind.GAUGE, "cluster.members", "Replicas in the cluster as this one sees it, itself included"),
    CLUSTER_DIFFERING(
            Kind.GAUGE, "cluster.settings.differing", "Other replicas whose settings differ from those of this one"),
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
            "Time since the last successful scrape, or since the first attempt if none has succeeded; NaN while discovery reports the endpoint as not ready",
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

    @SuppressWarnings("ImmutableEnumChecker") // It is immutable.
    private final Spec spec;

    PoolMeter(Kind kind, String name, String description, String... labels) {
        this.spec = Spec.of(kind, name, description, labels);
    }

    @Override
    public Spec spec() {
        return spec;
    }
}
