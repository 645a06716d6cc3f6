package dev.warmlane.monitoring;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The dashboards of config/grafana. */
public final class GrafanaDashboards {
    private static final Path FOLDER = Path.of("config/grafana");

    private GrafanaDashboards() {}

    /** @param model as Grafana exports it */
    record Dashboard(String file, JsonNode model) {
        Stream<Query> queries() {
            return model.get("panels")
                    .valueStream()
                    .flatMap(panel -> panel.path("targets")
                            .valueStream()
                            .map(target -> new Query(
                                    file + ": " + panel.get("title").asString(),
                                    target.get("expr").asString())));
        }

        Stream<JsonNode> variables() {
            return model.get("templating").get("list").valueStream();
        }
    }

    /** @param where the dashboard and the panel */
    public record Query(String where, String expression) {
        /** As Prometheus gets it. */
        String filled() {
            return expression.replace("$__rate_interval", "5m");
        }
    }

    static List<Dashboard> all() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().map(GrafanaDashboards::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static List<Query> queries() {
        return all().stream().flatMap(Dashboard::queries).toList();
    }

    private static Dashboard read(Path file) {
        return new Dashboard(file.getFileName().toString(), JsonMapper.shared().readTree(file.toFile()));
    }
}
