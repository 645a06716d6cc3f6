package dev.warmlane.helm;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.yaml.snakeyaml.Yaml;

/** The files of config/vllm. */
final class PresetFiles {
    static final Path DIRECTORY = Path.of("config", "vllm");

    private PresetFiles() {}

    static String read(String name) {
        try {
            return Files.readString(DIRECTORY.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The presets that vllm.version chooses from. */
    static List<Map<String, Object>> byVersion() throws IOException {
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("v"))
                    .sorted()
                    .map(name -> new Yaml().<Map<String, Object>>load(read(name)))
                    .toList();
        }
    }

    /** A Deployment of llm-d's ModelService; it adds the metadata itself. */
    static Deployment deployment(String template) {
        return (Deployment) StrictModels.read(template).get(0);
    }
}
