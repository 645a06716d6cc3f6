package dev.warmlane.ops.dashboard;

import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.AffinityEndpoint;
import dev.warmlane.ops.actuator.Named;
import dev.warmlane.settings.WarmlaneSettings.DashboardSettings;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** {@code /dashboard} on the management port: the page, its live numbers, the history, and sessions. */
public final class DashboardHandler {
    private static final CacheControl FOR_EVER =
            CacheControl.maxAge(Duration.ofDays(365)).cachePrivate().immutable();

    private final StaticFiles files = StaticFiles.ofThisJar();
    private final LiveFeed feed;
    private final EventLog events;
    private final Pools pools;
    private final HistoryHandler history;
    private final SessionsHandler sessions;
    private final EndpointHandler endpoints;
    private final LogLevelsHandler logLevels;
    private final ProblemCatalogue problems;
    private final DashboardSettings settings;
    private final boolean tenants;

    /** @param tenants whether sessions belong to tenants, who must be named to find one */
    public DashboardHandler(
            LiveFeed feed,
            EventLog events,
            Pools pools,
            History history,
            AffinityEndpoint sessions,
            ProblemCatalogue problems,
            DashboardSettings settings,
            boolean tenants,
            LoggingSystem logging,
            InstantSource clock) {
        this.feed = feed;
        this.events = events;
        this.pools = pools;
        this.history = new HistoryHandler(history, pools, clock);
        this.sessions = new SessionsHandler(sessions, settings.readOnly());
        this.logLevels = new LogLevelsHandler(logging, settings.readOnly());
        this.endpoints = new EndpointHandler(pools, feed, settings.readOnly(), clock, System::nanoTime);
        this.problems = problems;
        this.settings = settings;
        this.tenants = tenants;
    }

    /** The routes, for the management port only. */
    public RouterFunction<ServerResponse> routes() {
        return RouterFunctions.route()
                .GET(
                        "/",
                        request -> ServerResponse.temporaryRedirect(URI.create("/dashboard"))
                                .build())
                .GET("/dashboard", this::start)
                .GET("/dashboard/", this::start)
                .GET("/dashboard/live", request -> live())
                .GET("/dashboard/history", history::respond)
                .GET("/dashboard/events", this::events)
                .GET("/dashboard/endpoint", endpoints::details)
                .POST("/dashboard/endpoint", endpoints::order)
                .GET("/dashboard/settings", request -> settings())
                .GET("/dashboard/log-levels", logLevels::levels)
                .POST("/dashboard/log-levels", logLevels::change)
                .POST("/dashboard/sessions/find", sessions::find)
                .POST("/dashboard/sessions/release", sessions::release)
                .GET("/dashboard/{*file}", this::file)
                .filter((request, next) -> PageSecurity.check(request).then(Mono.defer(() -> next.handle(request))))
                .build();
    }

    /** The start page is fetched each time; the files that it names never change. */
    private Mono<ServerResponse> start(ServerRequest request) {
        return file(request, files.start(), "index.html", CacheControl.noStore());
    }

    private Mono<ServerResponse> file(ServerRequest request) {
        String name = request.pathVariable("file").substring(1);
        StaticFiles.File file = files.find(name);
        return file == null
                ? Mono.error(new ResponseStatusException(HttpStatus.NOT_FOUND))
                : file(request, file, name, FOR_EVER);
    }

    private static Mono<ServerResponse> file(
            ServerRequest request, StaticFiles.File file, String name, CacheControl caching) {
        boolean gzip = request.headers().header(HttpHeaders.ACCEPT_ENCODING).stream()
                .anyMatch(accepted -> accepted.contains("gzip"));
        return ServerResponse.ok()
                .headers(headers -> {
                    PageSecurity.set(headers);
                    headers.setCacheControl(caching);
                    headers.setVary(List.of(HttpHeaders.ACCEPT_ENCODING));
                    if (gzip) {
                        headers.set(HttpHeaders.CONTENT_ENCODING, "gzip");
                    }
                })
                .contentType(StaticFiles.type(name))
                .bodyValue(gzip ? file.gzip() : file.bytes());
    }

    private Mono<ServerResponse> live() {
        return ServerResponse.ok()
                .headers(PageSecurity::set)
                .contentType(MediaType.TEXT_EVENT_STREAM)
                .body(feed.events(), String.class);
    }

    /** What concerns the whole replica is listed with every pool. */
    private Mono<ServerResponse> events(ServerRequest request) {
        Pool pool =
                request.queryParam("pool").map(name -> Named.pool(pools, name)).orElse(null);
        List<EventLog.Event> wanted = events.newest().stream()
                .filter(event ->
                        pool == null || event.pool() == null || pool.name().equals(event.pool()))
                .toList();
        return PageBodies.json(Map.of("events", wanted));
    }

    private Mono<ServerResponse> settings() {
        return PageBodies.json(Map.of(
                "readOnly", settings.readOnly(),
                "tenants", tenants,
                "targetHitRatio", settings.targetHitRatio(),
                "problems", problems.entries()));
    }

    /**
     * Finds a session or an address, and releases it. Keys are asked for in a body, because addresses of pages are logged and
     * remembered.
     */
    private static final class SessionsHandler {
        private static final String QUESTION = "{\"source\": \"session\", \"key\": \"...\"}";

        private final AffinityEndpoint sessions;
        private final boolean readOnly;

        SessionsHandler(AffinityEndpoint sessions, boolean readOnly) {
            this.sessions = sessions;
            this.readOnly = readOnly;
        }

        Mono<ServerResponse> find(ServerRequest request) {
            return question(request)
                    .flatMap(asked -> PageBodies.json(sessions.find(asked.source(), asked.key(), asked.tenant())));
        }

        Mono<ServerResponse> release(ServerRequest request) {
            if (readOnly) {
                return Mono.error(PageSecurity.readOnly());
            }
            return question(request)
                    .flatMap(asked -> PageBodies.json(
                            Map.of("released", sessions.releaseIfBound(asked.source(), asked.key(), asked.tenant()))));
        }

        private static Mono<Question> question(ServerRequest request) {
            return PageBodies.body(request, QUESTION).map(SessionsHandler::read);
        }

        private static Question read(JsonNode question) {
            JsonNode source = question.path("source");
            JsonNode key = question.path("key");
            if (!source.isString() || !key.isString()) {
                throw PageBodies.malformed("no question", QUESTION);
            }
            JsonNode tenant = question.path("tenant");
            return new Question(
                    source.stringValue(), key.stringValue(), tenant.isString() ? tenant.stringValue() : null);
        }

        private record Question(
                String source, String key, @Nullable String tenant) {}
    }
}
