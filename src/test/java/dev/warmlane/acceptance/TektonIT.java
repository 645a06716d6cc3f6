package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.discovery.ApiServer;
import dev.warmlane.engines.discovery.Slices;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.WarmlaneJvm;
import dev.warmlane.helm.DeploymentsApi;
import dev.warmlane.helm.LocalPipelineRun;
import dev.warmlane.helm.LocalTaskRun;
import dev.warmlane.helm.Permissions;
import dev.warmlane.helm.TektonFiles;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.tekton.pipeline.v1.Param;
import io.fabric8.tekton.pipeline.v1.ParamValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Pipelines of config/tekton, their Tasks' scripts and the commands in them for real; only Tekton itself is not there. */
@Tag("processes")
class TektonIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String KEY = "wl-0123456789abcdef";

    private static final ApiServer API = ApiServer.start();
    private static final KubernetesClient KUBERNETES = API.client();
    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);
    private static final SharedGateways ON_KUBERNETES =
            new SharedGateways(settings -> RunningGateway.start(KUBERNETES, settings));

    private static Path keys;

    private final ChatClient client = new ChatClient();

    @TempDir
    Path folder;

    @BeforeAll
    static void writeKeys(@TempDir Path shared) throws Exception {
        keys = Files.writeString(
                shared.resolve("keys.yaml"), HashedKeys.file(List.of(HashedKeys.entry("pipeline", KEY, ""))));
    }

    @AfterAll
    static void stop() {
        GATEWAYS.close();
        ON_KUBERNETES.close();
        KUBERNETES.close();
        API.close();
    }

    @BeforeEach
    void putWarmlaneOnThePath() throws Exception {
        String java =
                WarmlaneJvm.command("-Xmx64m").stream().map("'%s'"::formatted).collect(Collectors.joining(" "));
        LocalTaskRun.executable(folder.resolve("warmlane"), "#!/bin/sh\nexec %s \"$@\"\n".formatted(java));
    }

    @Test
    void cacheHitProvesAGatewayThatAsksForKeys() throws Exception {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(3))) {
            RunningGateway gateway = askingForKeys(fleet);
            LocalPipelineRun run = run("warmlane-cache-hit", gateway, Map.of());
            assertThat(run.run()).as(run::output).isTrue();
            assertThat(run.succeeded()).containsExactly("one-session", "five-sessions");
            assertThat(run.results())
                    .hasEntrySatisfying("one-session-hit-ratio", TektonIT::isAtLeastTheTarget)
                    .hasEntrySatisfying("five-sessions-hit-ratio", TektonIT::isAtLeastTheTarget)
                    .containsEntry("five-sessions-stickiness", "1.0")
                    .hasEntrySatisfying(
                            "session-ids",
                            ids -> assertThat(ids.split(",")).hasSize(5).allMatch(id -> id.startsWith("validate-")));
            assertThat(Files.readString(run.report("five-sessions/summary.md")))
                    .containsPattern("\\| 5 \\| 5 \\| 0\\.\\d+ \\| 1\\.0 \\| yes \\|");
            assertThat(ChatClient.JSON
                            .readTree(run.report("five-sessions/validate.json").toFile())
                            .get("pods"))
                    .hasSize(3);
        }
    }

    @Test
    void cacheHitFailsWithPrefixCachingOff() throws Exception {
        FleetOptions options = FleetOptions.instant(2);
        ServerOptions uncached = options.server().withCache(new CacheConfig(16, 27_652, false));
        try (SimulatedFleet fleet = SimulatedFleet.start(options.withServer(uncached))) {
            LocalPipelineRun run = run("warmlane-cache-hit", askingForKeys(fleet), Map.of());
            assertThat(run.run()).isFalse();
            assertThat(run.succeeded()).isEmpty();
            assertThat(run.output()).contains("prefix caching off");
            assertThat(Files.readString(run.report("one-session/summary.md"))).contains("| no |");
        }
    }

    @Test
    void rampSaysHowManySessionsHold() throws Exception {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2))) {
            LocalPipelineRun run =
                    run("warmlane-ramp", askingForKeys(fleet), Map.of(), new Param("steps", new ParamValue("1 3")));
            assertThat(run.run()).as(run::output).isTrue();
            assertThat(run.results()).containsEntry("sessions", "3");
            assertThat(Files.readString(run.report("ramp/summary.md")).lines()).hasSize(4);
        }
    }

    @Test
    void rampFailsWhenSessionsAreScattered() throws Exception {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(4))) {
            RunningGateway gateway = inFrontOf(fleet, "warmlane.routing.policy=random");
            LocalPipelineRun run = run("warmlane-ramp", gateway, Map.of(), new Param("steps", new ParamValue("5 9")));
            assertThat(run.run()).isFalse();
            assertThat(Files.readString(run.report("ramp/summary.md")))
                    .contains("| 5 |", "| no |")
                    .doesNotContain("| 9 |");
        }
    }

    @Test
    void podRestartProvesTheGatewayBeforeAndAfterEveryPodWasReplaced() throws Exception {
        assumeThat(Stream.of(System.getenv("PATH").split(":")))
                .as("kubectl on the path")
                .anyMatch(path -> Files.isExecutable(Path.of(path, "kubectl")));
        Role role = TektonFiles.named(Role.class, "warmlane-pipeline");
        role.getMetadata().setNamespace("test");
        Permissions permissions = new Permissions(List.of(role));
        try (Pods pods = new Pods();
                DeploymentsApi deployments = new DeploymentsApi("test", permissions, name -> pods.replaceAll())) {
            deployments.add(new DeploymentBuilder()
                    .withNewMetadata()
                    .withName("vllm")
                    .withNamespace("test")
                    .withUid("vllm")
                    .addToLabels("app", "vllm")
                    .endMetadata()
                    .withNewSpec()
                    .withReplicas(2)
                    .withNewTemplate()
                    .endTemplate()
                    .endSpec()
                    .build());
            Map<String, String> environment =
                    Map.of("KUBECONFIG", deployments.kubeconfig(folder).toString(), "HOME", folder.toString());
            LocalPipelineRun run = run(
                    "warmlane-pod-restart",
                    pods.gateway,
                    environment,
                    new Param("selector", new ParamValue("app=vllm")));
            assertThat(run.run()).as(run::output).isTrue();
            assertThat(run.succeeded()).containsExactly("before", "restart", "after");
            assertThat(run.output()).contains("deployment \"vllm\" successfully rolled out");
            assertThat(run.results())
                    .hasEntrySatisfying("hit-ratio-after", TektonIT::isAtLeastTheTarget)
                    .containsEntry("stickiness-after", "1.0")
                    .containsEntry("restarted", "deployment.apps/vllm");
            assertThat(Files.readString(run.report("before/validate.json"))).contains("\"old-0\"");
            assertThat(Files.readString(run.report("after/validate.json")))
                    .contains("\"new-0\"", "\"new-1\"")
                    .doesNotContain("\"old-");
            assertThat(deployments.refused()).as("beyond the Role").isEmpty();
            assertThat(permissions.used()).isEqualTo(Set.of("test/apps/deployments"));
        }
    }

    /** To whom keys do not matter, gives one all the same. */
    private RunningGateway askingForKeys(SimulatedFleet fleet) {
        return inFrontOf(fleet, "warmlane.auth.keys-file=" + keys);
    }

    private RunningGateway inFrontOf(SimulatedFleet fleet, String... settings) {
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("warmlane.scrape.interval=200ms");
        RunningGateway gateway = GATEWAYS.inFrontOf(fleet, all.toArray(new String[0]));
        awaitModels(gateway, fleet.uris().size());
        return gateway;
    }

    private void awaitModels(RunningGateway gateway, int endpoints) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(client.getJson(gateway.management("/actuator/vllm"))
                                .at("/pools/0/endpoints"))
                        .hasSize(endpoints)
                        .allSatisfy(
                                endpoint -> assertThat(endpoint.get("models")).isNotEmpty()));
    }

    private LocalPipelineRun run(
            String pipeline, RunningGateway gateway, Map<String, String> environment, Param... more) {
        List<Param> params = new ArrayList<>(List.of(more));
        params.add(new Param("gateway", new ParamValue(gateway.uri("").toString())));
        params.add(new Param("management", new ParamValue(gateway.management("").toString())));
        Map<String, String> secrets = Map.of("warmlane-validate", KEY);
        return new LocalPipelineRun(
                pipeline, params, folder, new LocalTaskRun.Cluster(folder, "test", secrets, environment));
    }

    private static void isAtLeastTheTarget(String ratio) {
        assertThat(Double.parseDouble(ratio)).isBetween(0.8, 1.0);
    }

    /** Two pods of the Service vllm, and what a Deployment's controller does with them. */
    private final class Pods implements AutoCloseable {
        private final Map<String, SimulatedServer> servers = new HashMap<>();
        private final RunningGateway gateway;

        Pods() {
            start("old-0");
            start("old-1");
            gateway = ON_KUBERNETES.with(
                    "warmlane.scrape.interval=200ms",
                    "warmlane.scrape.models-interval=200ms",
                    "warmlane.pools[0].name=default",
                    "warmlane.pools[0].kubernetes.namespace=test",
                    "warmlane.pools[0].kubernetes.service=vllm");
            awaitModels(gateway, 2);
        }

        /** Replaces one after the other, the new one first; all are ready when it returns. */
        void replaceAll() {
            IntStream.range(0, 2).forEach(i -> {
                start("new-" + i);
                API.delete(slice("old-" + i));
                EndpointId gone = new EndpointId("uid-old-" + i);
                await().atMost(PATIENCE)
                        .until(() -> !gateway.router().pool().snapshot().contains(gone));
                servers.remove("old-" + i).close();
            });
            awaitModels(gateway, 2);
        }

        private void start(String pod) {
            servers.put(pod, SimulatedServer.start(ServerOptions.DEFAULTS.withEngine(EngineModel.INSTANT)));
            API.put(slice(pod));
        }

        private EndpointSlice slice(String pod) {
            return Slices.slice(
                    "vllm-" + pod,
                    "IPv4",
                    List.of(Slices.port("http", servers.get(pod).port())),
                    Slices.pod(pod, "127.0.0.1", true, true, false));
        }

        @Override
        public void close() {
            servers.values().forEach(SimulatedServer::close);
        }
    }
}
