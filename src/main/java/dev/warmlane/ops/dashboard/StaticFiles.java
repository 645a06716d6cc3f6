package dev.warmlane.ops.dashboard;

import dev.warmlane.core.hash.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The files of the page: a closed list, read from the jar at the start, because whoever asks for them is an event loop. The libraries come from their WebJars, whose paths bear the
 * versions that the build has put on the class path.
 */
final class StaticFiles {
    private static final MediaType SCRIPT = MediaType.valueOf("text/javascript;charset=utf-8");
    private static final MediaType STYLE = MediaType.valueOf("text/css;charset=utf-8");
    private static final MediaType PAGE = MediaType.valueOf("text/html;charset=utf-8");
    private static final MediaType ICON = MediaType.valueOf("image/svg+xml");

    private static final int VERSION_BYTES = 6;

    private static @Nullable StaticFiles ofThisJar;

    private static final Map<String, String> LIBRARIES = Map.of(
            "lib/lit-html.js", "lit-html/lit-html.js",
            "lib/directive.js", "lit-html/directive.js",
            "lib/directive-helpers.js", "lit-html/directive-helpers.js",
            "lib/directives/repeat.js", "lit-html/directives/repeat.js",
            "lib/directives/live.js", "lit-html/directives/live.js",
            "lib/chart.js", "chart.js/dist/chart.umd.min.js");

    private static final List<String> OURS = List.of(
            "address.js",
            "api.js",
            "app.js",
            "cache.js",
            "charts.js",
            "confirm.js",
            "decisions.js",
            "endpoint.js",
            "endpoints.js",
            "events.js",
            "fleet.js",
            "format.js",
            "headline.js",
            "icon.svg",
            "plot.js",
            "preferences.js",
            "problems.js",
            "runbook.js",
            "sessions.js",
            "spark.js",
            "store.js",
            "style.css",
            "trends.js",
            "wall.js",
            "why.js");

    private static final String START = "index.html";
    private static final String PREFIX = "{files}";

    private final Map<String, File> files = new HashMap<>();
    private final File start;

    /** One file, as it is and compressed. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record File(byte[] bytes, byte[] gzip) {
        private static File of(byte[] bytes) {
            ByteArrayOutputStream compressed = new ByteArrayOutputStream();
            try (GZIPOutputStream out = new GZIPOutputStream(compressed)) {
                out.write(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new File(bytes, compressed.toByteArray());
        }
    }

    private StaticFiles() {
        Map<String, byte[]> read = new TreeMap<>();
        OURS.forEach(name -> read.put(name, bytes("dashboard/" + name)));
        LIBRARIES.forEach(
                (name, library) -> read.put(name, bytes("META-INF/resources/webjars/" + withVersion(library))));
        String version = HexFormat.of().formatHex(Sha256.of(read.values()), 0, VERSION_BYTES);
        String page = new String(bytes("dashboard/" + START), StandardCharsets.UTF_8);
        start = File.of(page.replace(PREFIX, "/dashboard/" + version).getBytes(StandardCharsets.UTF_8));
        read.forEach((name, bytes) -> files.put(version + "/" + name, File.of(bytes)));
    }

    /**
     * Those of this jar: read and compressed once, however many gateways run in a JVM. Safe for concurrent use.
     *
     * @throws IllegalStateException naming a file that is not in the jar
     */
    static synchronized StaticFiles ofThisJar() {
        if (ofThisJar == null) {
            ofThisJar = new StaticFiles();
        }
        return ofThisJar;
    }

    /** The page itself, which names the others. */
    File start() {
        return start;
    }

    /**
     * A file; null if the page has none of this name.
     *
     * @param name behind a hash of all files, so that it never stands for anything else
     */
    @Nullable
    File find(String name) {
        return files.get(name);
    }

    /** @param name of a file that was found */
    static MediaType type(String name) {
        String ending = name.substring(name.lastIndexOf('.') + 1);
        return switch (ending) {
            case "js" -> SCRIPT;
            case "css" -> STYLE;
            case "svg" -> ICON;
            default -> PAGE;
        };
    }

    private static String withVersion(String library) {
        String name = library.substring(0, library.indexOf('/'));
        String properties = "META-INF/maven/org.webjars.npm/%s/pom.properties".formatted(name);
        Properties maven = new Properties();
        try (InputStream in = open(properties)) {
            maven.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return name + "/" + maven.getProperty("version") + library.substring(name.length());
    }

    private static byte[] bytes(String resource) {
        try (InputStream in = open(resource)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(String resource) {
        InputStream in = StaticFiles.class.getClassLoader().getResourceAsStream(resource);
        if (in == null) {
            throw new IllegalStateException(
                    "%s: not in the jar (expected: put there by the build)".formatted(resource));
        }
        return in;
    }

    /**
     * What keeps other sites away from the page in an operator's browser. Responses tell the browser to run only what comes from
     * here, to show it in nobody's frame and to keep nothing. A request that changes or asks something must be JSON, which no form of
     * another site can send; where it comes from is looked at for the whole port.
     */
    static final class PageSecurity {
        private static final String POLICY =
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        private static final int MAX_BODY_BYTES = 100_000;

        private PageSecurity() {}

        static void set(HttpHeaders headers) {
            headers.set("Content-Security-Policy", POLICY);
            headers.set("X-Content-Type-Options", "nosniff");
            headers.set("Referrer-Policy", "no-referrer");
            headers.setCacheControl("no-store");
        }

        /** A response of the page that is not a file. */
        static Mono<ServerResponse> json(Object body) {
            return ServerResponse.ok()
                    .headers(PageSecurity::set)
                    .contentType(MediaType.APPLICATION_JSON)
                    .bodyValue(body);
        }

        /**
         * What a request asks for, or has to be done. Fails with 413 if that is long, and with 400 if it is not JSON.
         *
         * @param expected what the body should be, for the error
         */
        static Mono<JsonNode> body(ServerRequest request, String expected) {
            if (request.headers().contentLength().orElse(0) > MAX_BODY_BYTES) {
                return Mono.error(new ResponseStatusException(HttpStatus.CONTENT_TOO_LARGE));
            }
            return request.bodyToMono(byte[].class)
                    .map(body -> read(body, expected))
                    .switchIfEmpty(Mono.error(() -> malformed("nothing", expected)));
        }

        private static JsonNode read(byte[] body, String expected) {
            try {
                return JsonMapper.shared().readTree(body);
            } catch (JacksonException e) {
                throw malformed("no JSON", expected);
            }
        }

        /** 400: a body is not what it should be. */
        static ResponseStatusException malformed(String problem, String expected) {
            return new ResponseStatusException(
                    HttpStatus.BAD_REQUEST, "body: %s (expected: %s)".formatted(problem, expected));
        }

        /** 403: this gateway's dashboard changes nothing. */
        static ResponseStatusException readOnly() {
            return new ResponseStatusException(HttpStatus.FORBIDDEN, "warmlane.dashboard.read-only is set");
        }

        /** Fails with 415; empty where the request may go on. */
        static Mono<Void> check(ServerRequest request) {
            if (request.method().equals(HttpMethod.GET)) {
                return Mono.empty();
            }
            boolean json = request.headers()
                    .contentType()
                    .filter(MediaType.APPLICATION_JSON::isCompatibleWith)
                    .isPresent();
            return json ? Mono.empty() : Mono.error(new ResponseStatusException(HttpStatus.UNSUPPORTED_MEDIA_TYPE));
        }
    }
}
