package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** The chart as a whole: clean, complete when packaged, and explained to whoever installs it. */
class PackagingTest {
    @Test
    void isClean() {
        LintResult lint = new Helm(Chart.DIRECTORY).lint().strict().call();
        assertThat(lint.isFailed()).isFalse();
        assertThat(lint.getMessages())
                .noneMatch(message -> message.contains("[WARNING]") || message.contains("[ERROR]"));
    }

    @Test
    void carriesWhatItTakesFromTheProject(@TempDir Path folder) throws IOException {
        new Helm(Chart.DIRECTORY).packageIt().withDestination(folder).call();
        Path archive = folder.resolve("warmlane-0.2.0.tgz");
        String fromPackage = new Helm(archive)
                .template()
                .withName("warmlane")
                .withNamespace("models")
                .withKubeVersion("1.27.0")
                .set("vllm.enabled", true)
                .set("vllm.version", "0.10.0")
                .set("vllm.model", "m")
                .set("tekton.enabled", true)
                .set("cluster.existingSecret", "ours")
                .call();
        assertThat(Rendered.of(fromPackage).engine().getArgs()).contains("--enable-prefix-caching");
        assertThat(fromPackage).isEqualTo(Chart.render("""
                                vllm: {enabled: true, version: 0.10.0, model: m}
                                tekton: {enabled: true}
                                cluster: {existingSecret: ours}
                                """).text());
    }

    @Test
    void takesTheProjectsConfigByALink() throws IOException {
        Path link = Chart.DIRECTORY.resolve("config");
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(link.toRealPath()).isEqualTo(Path.of("config").toRealPath());
    }

    @Test
    void runsTheVersionItIsMadeFor() throws IOException {
        Map<String, Object> chart = new Yaml().load(Files.readString(Chart.DIRECTORY.resolve("Chart.yaml")));
        assertThat(Files.readString(Path.of("pom.xml")))
                .containsPattern("<version>" + chart.get("appVersion") + "(-SNAPSHOT)?</version>");
    }

    @Test
    void tellsWhatToTry() {
        assertThat(Chart.notes("discovery: {service: llama, namespace: gpu}"))
                .contains("pool default: the pods of Service llama in namespace gpu")
                .contains("kubectl -n models rollout status deployment/warmlane")
                .contains("port-forward service/warmlane-management 8081:8081")
                .contains("port-forward service/warmlane 8080:80")
                .contains("http://localhost:8081/dashboard")
                .contains("helm test warmlane -n models --logs")
                .endsWith("Undo: helm uninstall warmlane -n models\n");
    }

    @Test
    void callsNoPortBeforeItIsForwarded() {
        assertThat(Chart.notes("{}").lines().filter(line -> line.contains("curl ")))
                .hasSize(2)
                .allMatch(line -> line.contains("--retry-connrefused"));
    }

    @Test
    void namesNoDashboardWhereThereIsNone() {
        assertThat(Chart.notes("config: {dashboard: {enabled: false}}")).doesNotContain("/dashboard");
    }

    @Test
    void tellsOfWhatIsOn() {
        assertThat(Chart.notes("""
                        {httpRoute: {enabled: true, parentRefs: [{name: a}], hostnames: [llm.example.org]}, tekton: {enabled: true}}
                        """))
                .contains("The HTTPRoute warmlane brings traffic from outside: llm.example.org.")
                .contains("tkn pipeline start warmlane-cache-hit -n models");
        assertThat(Chart.notes("{route: {enabled: true}, ingress: {enabled: true}, replicas: 1}"))
                .contains("get route warmlane")
                .contains("The Ingress warmlane brings traffic from outside.")
                .doesNotContain("/actuator/cluster")
                .doesNotContain("may go to another pod");
    }

    @Test
    void tellsWhatElseTheseValuesNeed() {
        assertThat(Chart.notes("vllm: {enabled: true, version: 0.11.0, model: m, startupMinutes: 20}"))
                .contains("rollout status deployment/warmlane-vllm --timeout 30m");
        assertThat(Chart.notes("config: {auth: {keys-file: /keys/keys.yaml}}"))
                .contains("-H \"authorization: Bearer $API_KEY\" -d")
                .contains("name a Secret that has one in validation.apiKeySecret first");
        assertThat(Chart.notes(
                        "config: {pools: [{name: a, kubernetes: {service: a}}, {name: b, kubernetes: {service: b}}]}"))
                .contains("There are several pools, so name the model");
        assertThat(Chart.notes("{}"))
                .contains("/actuator/cluster shows the members")
                .doesNotContain("may go to another pod");
        assertThat(Chart.notes("cluster: {enabled: false}")).contains("may go to another pod");
    }

    @Test
    void namesEverySourceOfAPool() {
        assertThat(Stream.of(
                                "discovery: {selector: app=vllm}",
                                "discovery: {inferencePool: llama}",
                                "discovery: {urls: ['http://10.0.0.1:8000']}",
                                "config: {endpoints: ['http://10.0.0.2:8000']}")
                        .map(values -> Chart.notes(values)
                                .lines()
                                .filter(line -> line.contains("pool default"))
                                .findFirst()
                                .orElseThrow()
                                .strip())
                        .toList())
                .isEqualTo(List.of(
                        "pool default: the pods in EndpointSlices with app=vllm in namespace models",
                        "pool default: the pods of InferencePool llama in namespace models",
                        "pool default: http://10.0.0.1:8000",
                        "pool default: http://10.0.0.2:8000"));
    }
}
