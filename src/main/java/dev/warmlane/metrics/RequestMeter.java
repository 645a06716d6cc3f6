package dev.warmlane.metrics;

/** What becomes of requests: how they end, how long they take, what is decided for them, and what limits them. */
public enum RequestMeter implements GatewayMeter {
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
            "Finished requests, by result and by the model that served them; other: a model beyond the first 64, or one that nobody"
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
    QUEUE_WAIT(
            Buckets.FIRST_TOKEN,
            "queue.wait",
            "Time in the queue, of requests that had to wait and were then sent",
            "pool"),
    QUEUE_DEPTH(Kind.GAUGE, "queue.depth", "Requests in the queue because every endpoint is full", "pool"),
    REJECTED(
            Kind.COUNTER,
            "rejected",
            "Requests refused with 429, by reason: full (the queue), late (waited too long), or streams (too many concurrent requests)",
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
    PREDICTED_PREFIX_TOKENS(
            Kind.COUNTER,
            "predicted.prefix.tokens",
            "Prompt tokens predicted to be cached, of requests whose usage report says how many were",
            "pool"),
    DELIVERED_PREFIX_TOKENS(
            Kind.COUNTER, "delivered.prefix.tokens", "Prompt tokens cached according to usage reports", "pool"),
    BUFFERED_BODY_BYTES(Kind.GAUGE, "buffered.body.bytes", "Memory of request bodies that may still have to be sent"),
    BUFFERED_BODY_LIMIT(Kind.GAUGE, "buffered.body.limit.bytes", "Memory that request bodies may take together"),
    BUFFERED_BODY_REFUSALS(
            Kind.COUNTER,
            "buffered.body.refusals",
            "Requests refused, and WebSockets closed, because others filled the memory for request bodies"),
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
            "Requests refused because of their client, by reason: unknown, forbidden, model (not allowed), requests or tokens (past the"
                    + " limit), or unavailable (no response of the identity provider)",
            "reason"),
    ACCESS_LOG_LINES(Kind.COUNTER, "access.log.lines", "Access log lines, written or dropped", "result");

    @SuppressWarnings("ImmutableEnumChecker") // It is immutable.
    private final Spec spec;

    RequestMeter(Kind kind, String name, String description, String... labels) {
        this.spec = Spec.of(kind, name, description, labels);
    }

    RequestMeter(Buckets buckets, String name, String description, String... labels) {
        this.spec = Spec.of(buckets, name, description, labels);
    }

    @Override
    public Spec spec() {
        return spec;
    }
}
