package dev.warmlane.ops.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.Named;
import dev.warmlane.ops.dashboard.History.Resolution;
import dev.warmlane.ops.dashboard.History.Subject;
import dev.warmlane.proxy.error.ApiException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;

/** The history as JSON. */
final class HistoryHandler {
    private final History history;
    private final Pools pools;
    private final InstantSource clock;

    HistoryHandler(History history, Pools pools, InstantSource clock) {
        this.history = history;
        this.pools = pools;
        this.clock = clock;
    }

    Mono<ServerResponse> respond(ServerRequest request) {
        Resolution resolution;
        try {
            resolution = Resolution.ofLabel(request.queryParam("range").orElse("1h"));
        } catch (IllegalArgumentException e) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, e.getMessage());
        }
        String named = request.queryParam("pool")
                .orElseThrow(() -> new ResponseStatusException(
                        HttpStatus.BAD_REQUEST, "pool: missing (expected: the name of a pool)"));
        String pool = Named.pool(pools, named).name();
        long now = clock.instant().getEpochSecond();
        if (request.queryParam("endpoints").isPresent()) {
            return PageBodies.json(ofEndpoints(pool, resolution, now));
        }
        Subject subject = new Subject(pool, request.queryParam("endpoint").orElse(null));
        Map<String, float[]> points = history.points(subject, resolution, now);
        return points == null
                ? Mono.error(ApiException.unknownName(
                        "endpoint", String.valueOf(subject.endpoint()), "the id of one that has a history"))
                : PageBodies.json(new HistoryStatus(
                        now,
                        resolution.step().toSeconds(),
                        withGaps(points),
                        request.queryParam("week").isPresent() ? weekBefore(subject, resolution, now) : null));
    }

    /** The same length of time a week before, as finely as it is still known. */
    private @Nullable WeekBefore weekBefore(Subject subject, Resolution resolution, long now) {
        Resolution kept = Resolution.WEEK;
        long then = now - Duration.ofDays(7).toSeconds();
        Map<String, float[]> points = history.points(subject, kept, then);
        if (points == null) {
            return null;
        }
        long span = resolution.step().toSeconds() * resolution.points();
        int wanted = (int) Math.min(kept.points(), span / kept.step().toSeconds() + 1);
        points.replaceAll((name, values) -> Arrays.copyOfRange(values, values.length - wanted, values.length));
        return new WeekBefore(then, kept.step().toSeconds(), withGaps(points));
    }

    /** The hit ratios of all endpoints of a pool, for the small charts. */
    private Map<String, List<@Nullable Float>> ofEndpoints(String pool, Resolution resolution, long now) {
        Map<String, float[]> ratios = new LinkedHashMap<>();
        for (Subject subject : history.subjects(resolution)) {
            String endpoint = subject.endpoint();
            if (endpoint != null && subject.pool().equals(pool)) {
                Map<String, float[]> points = history.points(subject, resolution, now);
                if (points != null) {
                    ratios.put(endpoint, points.getOrDefault("hitRatio", new float[0]));
                }
            }
        }
        return withGaps(ratios);
    }

    /** JSON has no NaN: what is not there is null. */
    private static Map<String, List<@Nullable Float>> withGaps(Map<String, float[]> figures) {
        Map<String, List<@Nullable Float>> withGaps = new LinkedHashMap<>();
        figures.forEach((name, points) -> {
            List<@Nullable Float> values = new ArrayList<>(points.length);
            for (float point : points) {
                values.add(Float.isNaN(point) ? null : point);
            }
            withGaps.put(name, values);
        });
        return withGaps;
    }

    /**
     * A history as JSON.
     *
     * @param now seconds since 1970, the time of the last point
     * @param stepSeconds from one point to the next
     * @param figures points by figure, oldest first; null where there is nothing
     * @param lastWeek the same time a week before; null where nobody has asked for it
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record HistoryStatus(
            long now,
            long stepSeconds,
            Map<String, List<@Nullable Float>> figures,
            @Nullable WeekBefore lastWeek) {}

    /** As a history, at its own steps. */
    public record WeekBefore(long now, long stepSeconds, Map<String, List<@Nullable Float>> figures) {}
}
