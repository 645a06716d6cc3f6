package dev.warmlane.dashboard;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;

/**
 * The files of the page: a closed list, read from the jar once. The libraries come from their WebJars, whose paths bear the
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

    private final Map<String, byte[]> read = new ConcurrentHashMap<>();

    /** A file's bytes; null if the page has none of this name. */
    byte @Nullable [] find(String name) {
        String resource = resource(name);
        return resource == null ? null : read.computeIfAbsent(name, of -> bytes(resource));
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

    private static @Nullable String resource(String name) {
        String library = LIBRARIES.get(name);
        if (library != null) {
            return "META-INF/resources/webjars/" + withVersion(library);
        }
        boolean ours = name.matches("[a-z][a-z-]{0,40}\\.(html|js|css|svg)");
        String resource = "dashboard/" + name;
        return ours && StaticFiles.class.getClassLoader().getResource(resource) != null ? resource : null;
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
