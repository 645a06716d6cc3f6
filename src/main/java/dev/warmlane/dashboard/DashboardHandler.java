package dev.warmlane.dashboard;

import dev.warmlane.actuator.AffinityEndpoint;
import dev.warmlane.history.History;
import dev.warmlane.history.Resolution;
import dev.warmlane.history.Subject;
import dev.warmlane.settings.DashboardSettings;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code /dashboard} on the management port: the page, its live numbers, the history, and sessions. */
public final class DashboardHandler {
    private static final int MAX_QUESTION_BYTES = 100_000;

    private final StaticFiles files = new StaticFiles();
    private final LiveFeed feed;
    private final History history;
    private final AffinityEndpoint sessions;
    private final ProblemCatalogue problems;
    private final DashboardSettings settings;
    private final boolean tenants;
    private final InstantSource clock;

    /** @param tenants whether sessions belong to tenants, who must be named to find one */
    public DashboardHandler(
            LiveFeed feed,
            History history,
            AffinityEndpoint sessions,
            ProblemCatalogue problems,
            DashboardSettings settings,
            boolean tenants,
            InstantSource clock) {
        this.feed = feed;
        this.history = history;
        this.sessions = sessions;
        this.problems = problems;
        this.settings = settings;
        this.tenants = tenants;
        this.clock = clock;
    }

    /** The routes, for the management port only. */
    public RouterFunction<ServerResponse> routes() {
        return RouterFunctions.route()
                .GET("/dashboard", request -> file("index.html"))
                .GET("/dashboard/", request -> file("index.html"))
                .GET("/dashboard/live", request -> live())
                .GET("/dashboard/history", this::history)
                .GET("/dashboard/settings", request -> settings())
                .POST("/dashboard/sessions/find", this::find)
                .POST("/dashboard/sessions/release", this::release)
                .GET(
                        "/dashboard/{*file}",
                        request -> file(request.pathVariable("file").substring(1)))
                .filter((request, next) -> SameOrigin.check(request).then(Mono.defer(() -> next.handle(request))))
                .build();
    }

    private Mono<ServerResponse> file(String name) {
        byte[] bytes = files.find(name);
        return bytes == null
                ? Mono.error(new ResponseStatusException(HttpStatus.NOT_FOUND))
                : ServerResponse.ok()
                        .headers(PageHeaders::set)
                        .contentType(StaticFiles.type(name))
                        .bodyValue(bytes);
    }

    private Mono<ServerResponse> live() {
        return ServerResponse.ok()
                .headers(PageHeaders::set)
                .contentType(MediaType.TEXT_EVENT_STREAM)
                .body(feed.events(), String.class);
    }

    private Mono<ServerResponse> settings() {
        return json(Map.of(
                "readOnly", settings.readOnly(),
                "tenants", tenants,
                "targetHitRatio", settings.targetHitRatio(),
                "problems", problems.entries()));
    }

    private Mono<ServerResponse> history(ServerRequest request) {
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
            return json(ofEndpoints(pool, resolution, now));
        }
        Subject subject = new Subject(pool, request.queryParam("endpoint").orElse(null));
        Map<String, float[]> points = history.points(subject, resolution, now);
        return points == null
                ? Mono.error(new ResponseStatusException(HttpStatus.NOT_FOUND))
                : json(new HistoryStatus(now, resolution.step().toSeconds(), withGaps(points)));
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

    private Mono<ServerResponse> find(ServerRequest request) {
        return question(request).flatMap(asked -> {
            WebEndpointResponse<AffinityEndpoint.Lookup> found =
                    sessions.lookup(asked.source(), asked.key(), asked.tenant());
            AffinityEndpoint.Lookup lookup = found.getBody();
            return json(lookup == null ? new AffinityEndpoint.Lookup(List.of()) : lookup);
        });
    }

    private Mono<ServerResponse> release(ServerRequest request) {
        if (settings.readOnly()) {
            return Mono.error(new ResponseStatusException(HttpStatus.FORBIDDEN, "warmlane.dashboard.read-only is set"));
        }
        return question(request)
                .flatMap(asked -> json(Map.of(
                        "released",
                        sessions.release(asked.source(), asked.key(), asked.tenant())
                                        .getStatus()
                                == WebEndpointResponse.STATUS_NO_CONTENT)));
    }

    private static Mono<Question> question(ServerRequest request) {
        if (request.headers().contentLength().orElse(0) > MAX_QUESTION_BYTES) {
            return Mono.error(new ResponseStatusException(HttpStatus.CONTENT_TOO_LARGE));
        }
        return request.bodyToMono(byte[].class).map(DashboardHandler::read).switchIfEmpty(Mono.error(malformed()));
    }

    private static Question read(byte[] body) {
        try {
            JsonNode question = JsonMapper.shared().readTree(body);
            JsonNode source = question.path("source");
            JsonNode key = question.path("key");
            if (source.isString() && key.isString()) {
                JsonNode tenant = question.path("tenant");
                return new Question(
                        source.stringValue(), key.stringValue(), tenant.isString() ? tenant.stringValue() : null);
            }
        } catch (JacksonException e) {
            // Answered below, with every other body that does not ask.
        }
        throw malformed();
    }

    private static ResponseStatusException malformed() {
        return new ResponseStatusException(
                HttpStatus.BAD_REQUEST, "body: no question (expected: {\"source\": \"session\", \"key\": \"...\"})");
    }

    private static Mono<ServerResponse> json(Object body) {
        return ServerResponse.ok()
                .headers(PageHeaders::set)
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(body);
    }

    /** Keys are asked for in a body, because addresses of pages are logged and remembered. */
    private record Question(
            String source, String key, @Nullable String tenant) {}

    /**
     * A history as JSON.
     *
     * @param now seconds since 1970, the time of the last point
     * @param stepSeconds from one point to the next
     * @param figures points by figure, oldest first; null where there is nothing
     */
    public record HistoryStatus(long now, long stepSeconds, Map<String, List<@Nullable Float>> figures) {}
}
