package dev.warmlane.ops.dashboard;

import dev.warmlane.ops.history.History;
import dev.warmlane.ops.history.History.Subject;
import dev.warmlane.ops.history.Resolution;
import java.time.InstantSource;
import java.util.ArrayList;
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
    private final InstantSource clock;

    HistoryHandler(History history, InstantSource clock) {
        this.history = history;
        this.clock = clock;
    }

    Mono<ServerResponse> answer(ServerRequest request) {
        Resolution resolution;
        try {
            resolution = Resolution.ofLabel(request.queryParam("range").orElse("1h"));
        } catch (IllegalArgumentException e) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, e.getMessage());
        }
        String pool = request.queryParam("pool")
                .orElseThrow(() -> new ResponseStatusException(
                        HttpStatus.BAD_REQUEST, "pool: missing (expected: the name of a pool)"));
        long now = clock.instant().getEpochSecond();
        if (request.queryParam("endpoints").isPresent()) {
            return PageSecurity.json(ofEndpoints(pool, resolution, now));
        }
        Subject subject = new Subject(pool, request.queryParam("endpoint").orElse(null));
        Map<String, float[]> points = history.points(subject, resolution, now);
        return points == null
                ? Mono.error(new ResponseStatusException(HttpStatus.NOT_FOUND))
                : PageSecurity.json(new HistoryStatus(now, resolution.step().toSeconds(), withGaps(points)));
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
     */
    public record HistoryStatus(long now, long stepSeconds, Map<String, List<@Nullable Float>> figures) {}
}
