package dev.warmlane.ops.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.Drains.Drain;
import dev.warmlane.core.health.HealthChecks.LastCheck;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.Named;
import dev.warmlane.ops.dashboard.EndpointSampler.EndpointSum;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;

/** One endpoint as the gateway knows it, and what operators can do with it. Each order is a line in the log. */
final class EndpointHandler {
    private static final Logger log = LoggerFactory.getLogger(EndpointHandler.class);
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final String ORDER =
            "{\"pool\": ..., \"endpoint\": its id, \"action\": \"drain\", \"eject\", \"readmit\" or \"forget\"}";

    private final Pools pools;
    private final LiveFeed feed;
    private final boolean readOnly;
    private final InstantSource clock;
    private final LongSupplier nanoClock;

    /** @param nanoClock that of the pools' health */
    EndpointHandler(Pools pools, LiveFeed feed, boolean readOnly, InstantSource clock, LongSupplier nanoClock) {
        this.pools = pools;
        this.feed = feed;
        this.readOnly = readOnly;
        this.clock = clock;
        this.nanoClock = nanoClock;
    }

    /**
     * What is not told of an endpoint every second.
     *
     * @param knownSeconds how long this gateway has known it
     * @param downSeconds how long of that no new requests went there
     * @param restarts how often its process was found to be another one
     * @param drainedAt when an operator drained it; null where none does
     * @param lastCheck its last health check; null where none has ended
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record EndpointDetails(
            double knownSeconds,
            double downSeconds,
            long restarts,
            @Nullable Instant drainedAt,
            @Nullable CheckStatus lastCheck) {

        /**
         * One health check.
         *
         * @param at when it ended
         * @param tookMillis how long it took
         * @param passed whether it was well
         * @param answer what came of it: a status, or why there was none
         */
        public record CheckStatus(Instant at, long tookMillis, boolean passed, String answer) {}
    }

    /** {@code GET ?pool=&endpoint=}, the endpoint by its id. */
    Mono<ServerResponse> details(ServerRequest request) {
        Place place = place(
                request.queryParam("pool").orElse(""),
                request.queryParam("endpoint").orElse(""));
        return PageBodies.json(details(place));
    }

    private EndpointDetails details(Place place) {
        Pool pool = place.pool();
        EndpointId id = place.endpoint().id();
        double[] sums = Objects.requireNonNullElse(feed.sums(pool.name(), id.value()), new double[EndpointSum.COUNT]);
        Drain drain = pool.health().drains().all().get(id.server());
        LastCheck check = pool.health().checks().last(id);
        return new EndpointDetails(
                sums[EndpointSum.SECONDS.index()],
                sums[EndpointSum.DOWN_SECONDS.index()],
                pool.router().tallies().of(id).restarts(),
                drain == null || !drain.drained() ? null : Instant.ofEpochMilli(drain.atMillis()),
                check == null
                        ? null
                        : new EndpointDetails.CheckStatus(
                                clock.instant()
                                        .minusMillis((nanoClock.getAsLong() - check.endedNanos()) / NANOS_PER_MILLI),
                                check.tookNanos() / NANOS_PER_MILLI,
                                check.passed(),
                                check.outcome()));
    }

    /** {@code POST {"pool", "endpoint", "action"}}. */
    Mono<ServerResponse> order(ServerRequest request) {
        if (readOnly) {
            return Mono.error(PageSecurity.readOnly());
        }
        return PageBodies.body(request, ORDER).flatMap(order -> {
            String pool = order.path("pool").asString("");
            String endpoint = order.path("endpoint").asString("");
            if (pool.isEmpty() || endpoint.isEmpty()) {
                throw malformed();
            }
            Place place = place(pool, endpoint);
            String action = order.path("action").asString("");
            boolean changed = carryOut(action, place);
            log.info(
                    "audit: {} endpoint {} of pool {} by {}{}",
                    action,
                    place.endpoint().name(),
                    place.pool().name(),
                    operator(request),
                    changed ? "" : ", which it was already");
            return PageBodies.json(Map.of("changed", changed, "endpoint", details(place)));
        });
    }

    private boolean carryOut(String action, Place place) {
        Pool pool = place.pool();
        EndpointId id = place.endpoint().id();
        return switch (action) {
            case "drain" -> !isDrained(pool, id) && drain(pool, id, true);
            case "eject" -> pool.health().eject(id);
            case "readmit" -> {
                boolean back = isDrained(pool, id) && drain(pool, id, false);
                yield pool.health().readmit(id) || back;
            }
            case "forget" -> {
                pool.router().notes().forgetContents(id);
                yield true;
            }
            default -> throw malformed();
        };
    }

    private boolean drain(Pool pool, EndpointId id, boolean drained) {
        Drain before = pool.health().drains().all().get(id.server());
        // Later than what was said before, even if another replica's clock is ahead.
        long now = Math.max(clock.millis(), before == null ? 0 : before.atMillis() + 1);
        return pool.health().drains().everywhere(id, new Drain(drained, now));
    }

    private static boolean isDrained(Pool pool, EndpointId id) {
        Drain drain = pool.health().drains().all().get(id.server());
        return drain != null && drain.drained();
    }

    private record Place(Pool pool, Endpoint endpoint) {}

    private Place place(String poolName, String endpointId) {
        Pool pool = Named.pool(pools, poolName);
        return new Place(pool, Named.endpoint(pool, endpointId));
    }

    /** The address that it came from, and the name that it gave beside the key. */
    private static String operator(ServerRequest request) {
        String address = request.remoteAddress()
                .map(from -> from.getAddress().getHostAddress())
                .orElse("unknown");
        String name = userOf(request.headers().firstHeader("Authorization"));
        return name.isEmpty() ? address : "%s (%s)".formatted(name, address);
    }

    private static String userOf(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
            return "";
        }
        try {
            String pair = new String(
                    Base64.getDecoder().decode(authorization.substring(6).strip()), StandardCharsets.UTF_8);
            return pair.substring(0, Math.max(0, Math.min(40, pair.indexOf(':'))))
                    .replaceAll("[^\\w.@-]", "_");
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static ResponseStatusException malformed() {
        return PageBodies.malformed("no order", ORDER);
    }
}
