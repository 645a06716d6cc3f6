package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.warmlane.engines.models.ModelNamesFile;
import dev.warmlane.settings.DiscoverySettings.KubernetesSettings;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.WarmlaneSettings.ModelNamesSettings;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.Yaml;

/** What values come to for the process, read by the process's own rules. */
class SettingsTest {
    private static List<PoolSettings> pools(String values) {
        return ProcessSettings.of(Chart.render(values)).pools();
    }

    private static KubernetesSettings source(String values) {
        return pools(values).get(0).kubernetes();
    }

    @Test
    void looksForTheServiceNamedVllm() {
        assertThat(source("{}")).isEqualTo(new KubernetesSettings(null, "vllm", null, null, null));
    }

    @Test
    void looksForItsOwnEnginesWhereItRunsThem() {
        assertThat(source("vllm: {enabled: true, version: 0.10.0, model: m}").service())
                .isEqualTo("warmlane-vllm");
    }

    @Test
    void looksForAnotherServiceInAnotherNamespace() {
        assertThat(source("discovery: {service: llama, namespace: gpu, port: http}"))
                .isEqualTo(new KubernetesSettings("gpu", "llama", null, null, "http"));
    }

    @Test
    void takesAPortsNumber() {
        assertThat(source("discovery: {service: llama, port: 8000}").port()).isEqualTo("8000");
    }

    @Test
    void looksForASelector() {
        assertThat(source("discovery: {selector: 'app=vllm,tier in (gpu)'}").selector())
                .isEqualTo("app=vllm,tier in (gpu)");
    }

    @Test
    void looksForAnInferencePool() {
        assertThat(source("discovery: {inferencePool: llama}").inferencePool()).isEqualTo("llama");
    }

    @Test
    void takesUrls() {
        assertThat(pools("discovery: {urls: ['http://10.0.0.1:8000', 'https://vllm.example.org']}"))
                .singleElement()
                .extracting(PoolSettings::endpoints)
                .isEqualTo(List.of("http://10.0.0.1:8000", "https://vllm.example.org"));
    }

    @Test
    void takesSeveralPoolsAndNoneOfTheImage() {
        assertThat(pools("""
                        config:
                          pools:
                            - {name: chat, kubernetes: {service: chat}, api-key: "${VLLM_API_KEY}"}
                            - {name: embed, endpoints: ["http://10.0.0.7:8000"], models: [bge-m3]}
                        """)).extracting(PoolSettings::name).containsExactly("chat", "embed");
    }

    @Test
    void takesEndpointsAndNoPoolOfTheImage() {
        assertThat(pools("config: {endpoints: ['http://10.0.0.1:8000']}"))
                .singleElement()
                .extracting(PoolSettings::endpoints)
                .isEqualTo(List.of("http://10.0.0.1:8000"));
    }

    @Test
    void takesAnyOtherSetting() {
        var settings = ProcessSettings.of(Chart.render("""
                config:
                  affinity: {ttl: 90m, session: {headers: [x-tenant-session]}, client-ip: {trusted-proxies: [10.0.0.0/8]}}
                  routing: {policy: sticky, parameters: {kappa: 3}}
                  limits: {body: 8MB}
                  response-headers: false
                """));
        assertThat(settings.affinity().ttl()).isEqualTo(Duration.ofMinutes(90));
        assertThat(settings.affinity().session().headers()).containsExactly("x-tenant-session");
        assertThat(settings.routing().parameters()).containsEntry("kappa", "3");
        assertThat(settings.limits().body().toMegabytes()).isEqualTo(8);
        assertThat(settings.responseHeaders()).isFalse();
    }

    @Test
    void takesNothingForASecretThatIsOff() {
        var settings = ProcessSettings.of(Chart.render("""
                config:
                  endpoint-salt: ""
                  access-log: {salt: ""}
                  management: {key: ""}
                """));
        assertThat(settings.endpointSalt()).isEmpty();
        assertThat(settings.accessLog().salt()).isEmpty();
        assertThat(settings.management().key()).isEmpty();
    }

    @Test
    void writesPoliciesAsFiles() {
        ConfigMap policies = Chart.render("policies: {mine: \"rule: random\\nseed: 1\"}")
                .named(ConfigMap.class, "warmlane-policies");
        assertThat(policies.getData()).containsOnlyKeys("mine.yaml");
        assertThat(policies.getData().get("mine.yaml")).isEqualTo("rule: random\nseed: 1\n");
    }

    @Test
    void writesNamesOfModelsAsTheProcessReadsThem() {
        Rendered rendered = Chart.render("""
                modelNames:
                  - {name: chat, targets: [{model: v1, weight: 95}, {model: v2, weight: 5}], fallback: [v1]}
                config: {model-names: {reload: 5s}}
                """);
        ConfigMap names = rendered.named(ConfigMap.class, "warmlane-model-names");
        byte[] file = names.getData().get("names.yaml").getBytes(StandardCharsets.UTF_8);
        assertThat(new ModelNamesFile(Set.of()).parse(file, Map.of()).all())
                .extracting(name -> name.name() + name.targets().get(1).weight())
                .containsExactly("chat5.0");
        ModelNamesSettings settings = ProcessSettings.of(rendered).modelNames();
        assertThat(settings.reload()).hasSeconds(5);
        assertThat(rendered.gateway().getVolumeMounts())
                .anyMatch(mount -> settings.file().equals(mount.getMountPath() + "/names.yaml"));
    }

    @ParameterizedTest
    @CsvSource({
        "20s, 5m, 5s, 10s, 365",
        "500ms, 1h, 5s, 1s, 3637",
        "0s, 90s, 1s, 1m, 181",
        "10s, 1d, 5s, 1ms, 86446",
    })
    void givesDrainingItsTime(String accept, String timeout, String farewell, String close, long seconds) {
        String values = "config: {drain: {accept: %s, timeout: %s, farewell: %s, close: %s}}"
                .formatted(accept, timeout, farewell, close);
        assertThat(graceSeconds(Chart.renderWithHooks(values))).isEqualTo(seconds);
    }

    @Test
    void givesDrainingItsTimeByDefault() throws IOException {
        Map<String, Map<String, Object>> process =
                new Yaml().load(Files.readString(Path.of("src/main/resources/application.yaml")));
        assumeThat(process.get("warmlane")).containsKey("drain");
        assertThat(graceSeconds(Chart.render("{}")))
                .isEqualTo(graceSeconds(Chart.render(new Yaml()
                        .dump(Map.of(
                                "config",
                                Map.of("drain", process.get("warmlane").get("drain")))))));
    }

    private static long graceSeconds(Rendered rendered) {
        return rendered.the(Deployment.class).getSpec().getTemplate().getSpec().getTerminationGracePeriodSeconds();
    }
}
