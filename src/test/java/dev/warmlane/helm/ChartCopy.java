package dev.warmlane.helm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A copy of the chart in which hooks are ordinary objects, because Helm's library gives the manifest without them; and without
 * the schema, so that a template can be given what the schema would refuse.
 */
final class ChartCopy {
    static final Path WITHOUT_HOOKS_AND_SCHEMA = make();

    private ChartCopy() {}

    private static Path make() {
        try (Stream<Path> files = Files.walk(Chart.DIRECTORY, FileVisitOption.FOLLOW_LINKS)) {
            Path copy = Files.createTempDirectory("chart");
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("values.schema.json"))
                    .toList()) {
                Path target = copy.resolve(Chart.DIRECTORY.relativize(file).toString());
                Files.createDirectories(target.getParent());
                List<String> lines = Files.readAllLines(file).stream()
                        .filter(line -> !line.contains("helm.sh/hook"))
                        .toList();
                Files.write(target, lines);
            }
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
