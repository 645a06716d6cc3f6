package dev.warmlane.helm;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What is in config/tekton, read by its strict models. */
public final class TektonFiles {
    static final Path DIRECTORY = Path.of("config", "tekton");

    private TektonFiles() {}

    /** Every object of the files in a folder, without those in folders below it. */
    static List<HasMetadata> in(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile)
                    .sorted()
                    .flatMap(file -> StrictModels.read(text(file)).stream())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The object of a kind and name. */
    public static <T extends HasMetadata> T named(Class<T> kind, String name) {
        return in(DIRECTORY).stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .filter(object -> object.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(kind.getSimpleName() + " " + name));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
