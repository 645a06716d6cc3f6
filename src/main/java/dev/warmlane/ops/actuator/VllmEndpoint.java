package dev.warmlane.ops.actuator;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;

/** {@code GET /actuator/vllm}: all pools and endpoints; {@code GET /actuator/vllm/{id or name}}: one endpoint, or 404. */
@Endpoint(id = "vllm")
public final class VllmEndpoint {
    private final EngineOverview overview;

    public VllmEndpoint(EngineOverview overview) {
        this.overview = overview;
    }

    /** Every pool, with its totals and endpoints. */
    @ReadOperation
    public VllmStatus all() {
        return overview.status();
    }

    /**
     * One endpoint; null, which answers 404, if there is none.
     *
     * @param idOrName what follows in the path; a URL's slashes make it several segments
     */
    @ReadOperation
    public @Nullable EndpointStatus one(@Selector(match = Match.ALL_REMAINING) String... idOrName) {
        return overview.find(String.join("/", idOrName));
    }
}
