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
}
