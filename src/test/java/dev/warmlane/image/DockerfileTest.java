package dev.warmlane.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.image.Dockerfile.Instruction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** The Dockerfile, as far as it can be judged without building it: what it names exists, and the chart says the same. */
class DockerfileTest {
    private static final Path SCRIPTS = Path.of("src/image");

    private final Dockerfile dockerfile = Dockerfile.read();

    @Test
    void everyImageIsNamedByAVersion() {
        assertThat(dockerfile.images())
                .hasSize(3)
                .allMatch(
                        image -> image.matches("[a-z/.-]+:\\d+\\.\\d+\\.\\d+[a-z0-9_.-]+(@sha256:[0-9a-f]{64})?"),
                        "a version");
    }

    @Test
    void theCacheIsTrainedOnWhatItRunsOn() {
        List<String> images = dockerfile.images();
        assertThat(images.get(1)).isEqualTo(images.get(2)).contains("-jre-");
    }

    @Test
    void nothingRunsAsRoot() throws IOException {
        assertThat(dockerfile.last("USER")).isEqualTo("65532:65532");
        assertThat(values("securityContext").get("runAsUser")).isEqualTo(65532);
    }

    @Test
    void startsAsTheChartAndTheTasksCallIt() {
        assertThat(dockerfile.last("ENTRYPOINT")).isEqualTo("[\"warmlane\"]");
        assertThat(dockerfile.last("CMD")).isEqualTo("[\"serve\"]");
        assertThat(dockerfile.last("ENV")).isEqualTo("PATH=/app/bin:$PATH");
        assertThat(dockerfile.last("EXPOSE")).isEqualTo("8080 8081");
    }

    @Test
    void policiesOfTheChartAreInItsWorkingDirectory() throws IOException {
        assertThat(Files.readString(Path.of("helm/warmlane/templates/deployment.yaml")))
                .contains("mountPath: " + dockerfile.last("WORKDIR") + "/gateway/policies");
    }

    @Test
    void everyScriptThatRunsExistsAndCanBeRun() throws IOException {
        List<String> called = dockerfile.all("RUN").stream()
                .flatMap(run -> Stream.of(run.arguments().split("\\s+")))
                .filter(word -> word.startsWith("/image/") || word.startsWith("./"))
                .toList();
        assertThat(called).containsExactly("./mvnw", "/image/build.sh", "/image/train.sh");
        for (String script : called) {
            assertThat(Files.isExecutable(Path.of(script.replace("/image/", SCRIPTS + "/"))))
                    .as(script)
                    .isTrue();
        }
        try (Stream<Path> files = Files.list(SCRIPTS)) {
            assertThat(files).allMatch(Files::isExecutable, "can be run");
        }
    }

    @Test
    void whatItCopiesComesFromTheContextOrAnEarlierStage() throws IOException {
        String context = Files.readString(Path.of(".dockerignore"));
        for (Instruction copy : dockerfile.all("COPY")) {
            String source = copy.arguments().split("\\s+")[0];
            if (copy.flags().containsKey("from")) {
                assertThat(dockerfile.all("FROM"))
                        .anyMatch(from ->
                                from.arguments().endsWith(" AS " + copy.flags().get("from")));
            } else {
                assertThat(Path.of(source)).exists();
                assertThat(source.equals(".") || context.contains("!" + source.replaceAll("/$", "")))
                        .as(source)
                        .isTrue();
            }
        }
    }

    @Test
    void theContextHasWhatTheBuildReads() throws IOException {
        List<String> kept = Files.readAllLines(Path.of(".dockerignore")).stream()
                .filter(line -> line.startsWith("!"))
                .map(line -> line.substring(1))
                .toList();
        assertThat(kept)
                .containsExactly(
                        ".mvn", "mvnw", "pom.xml", "src/main", "src/image", "gateway", "config/application-*.yaml");
        assertThat(kept)
                .filteredOn(path -> !path.contains("*"))
                .allMatch(path -> Files.exists(Path.of(path)), "exists");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> values(String key) throws IOException {
        Map<String, Object> values = new Yaml().load(Files.readString(Path.of("helm/warmlane/values.yaml")));
        return (Map<String, Object>) values.get(key);
    }
}
