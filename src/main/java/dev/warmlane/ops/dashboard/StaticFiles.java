package dev.warmlane.ops.dashboard;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;

/**
 * The files of the page: a closed list, read from the jar at the start, because whoever asks for them is an event loop. The libraries come from their WebJars, whose paths bear the
 * versions that the build has put on the class path.
 */
final class StaticFiles {
    private static final MediaType SCRIPT = MediaType.valueOf("text/javascript;charset=utf-8");
    private static final MediaType STYLE = MediaType.valueOf("text/css;charset=utf-8");
    private static final MediaType PAGE = MediaType.valueOf("text/html;charset=utf-8");
    private static final MediaType ICON = MediaType.valueOf("image/svg+xml");

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
            "index.html",
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

    private final Map<String, byte[]> files = new HashMap<>();

    /** @throws IllegalStateException naming a file that is not in the jar */
    StaticFiles() {
        OURS.forEach(name -> files.put(name, bytes("dashboard/" + name)));
        LIBRARIES.forEach(
                (name, library) -> files.put(name, bytes("META-INF/resources/webjars/" + withVersion(library))));
    }

    /** A file's bytes; null if the page has none of this name. */
    byte @Nullable [] find(String name) {
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
}
