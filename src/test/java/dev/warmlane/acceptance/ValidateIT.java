package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.FreePorts;
import dev.warmlane.harness.OtherTraffic;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import dev.warmlane.tools.validation.ValidateCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/** The validate command against real gateways: it passes a good one and fails each that falls short. */
class ValidateIT {
    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);

    private final ChatClient client = new ChatClient();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private SimulatedFleet fleet;
    private RunningGateway gateway;

    @AfterEach
    void stop() {
        fleet.close();
    }

    @AfterAll
    static void closeGateways() {
        GATEWAYS.close();
    }

    @Test
    void passesAGatewayAsItIsByDefault() {
        start(FleetOptions.instant(4));
        assertThat(validate("--format=json")).as(err + "%s", out).isZero();
        JsonNode report = report();
        assertThat(report.get("hitRatio").asDouble()).isGreaterThanOrEqualTo(0.80);
        assertThat(report.get("shareOfPossible").asDouble()).isBetween(0.85, 1.01);
        assertThat(report.get("stickiness").asDouble()).isEqualTo(1);
        assertThat(report.get("requests").asInt()).isEqualTo(25);
        assertThat(report.get("sessionIds")).hasSize(5);
        assertThat(report.get("pods")).hasSize(4);
        assertThat(report.get("notes")).isEmpty();
        assertThat(report.at("/laterTurnsTtftSeconds/p90").isNumber()).isTrue();
        long sum = report.at("/losses/deliveredTokens").asLong();
        for (JsonNode step : report.at("/losses/steps")) {
            sum += step.get("tokens").asLong();
        }
        assertThat(sum).isPositive().isEqualTo(report.at("/losses/promptTokens").asLong());
    }

    @Test
    void passesOneSessionThatIsNotStreamed() {
        start(FleetOptions.instant(2));
        assertThat(validate("--format=json", "--sessions=1", "--no-stream")).isZero();
        assertThat(report().get("firstTurnTtftSeconds").isNull()).isTrue();
    }

    @Test
    void warmsEveryPodSoThatSessionsThatStartTogetherSpread() {
        start(FleetOptions.instant(4));
        assertThat(validate("--format=json", "--sessions=40", "--turns=2", "--max-imbalance=2.4"))
                .as(err + "%s", out)
                .isZero();
        assertThat(report().get("notes")).isEmpty();
    }

    @Test
    void judgesItsOwnRequestsAmongOthers() throws Exception {
        start(FleetOptions.instant(2));
        try (OtherTraffic traffic = OtherTraffic.start(client, gateway)) {
            assertThat(validate()).isEqualTo(1);
            assertThat(out.toString()).contains("other traffic: the pods are at work already");
            out.getBuffer().setLength(0);
            assertThat(validate("--format=json", "--allow-other-traffic"))
                    .as(err + "%s", out)
                    .isZero();
            assertThat(traffic.failures()).isEmpty();
        }
        assertThat(report().get("hitRatio").asDouble()).isGreaterThan(0.8);
        assertThat(report().get("notes").toString()).contains("the hit ratio is what the responses say");
    }

    @Test
    void failsWithPrefixCachingOff() {
        start(server(ServerOptions.DEFAULTS.withCache(new CacheConfig(16, 27_652, false))));
        assertThat(validate()).isEqualTo(1);
        assertThat(out.toString()).contains("prefix caching off (expected: ").endsWith("FAILED\n");
    }

    @Test
    void failsWhenSessionsAreScattered() {
        start(FleetOptions.instant(4), "warmlane.routing.policy=random");
        assertThat(validate("--format=json", "--turns=8")).isEqualTo(1);
        assertThat(report().get("stickiness").asDouble()).isLessThan(1);
        assertThat(report().get("failedRequests").asInt()).isZero();
    }

    @Test
    void failsWithPromptsShorterThanABlock() {
        start(FleetOptions.instant(2));
        assertThat(validate("--system-tokens=4", "--question-tokens=4")).isEqualTo(1);
        assertThat(out.toString()).contains("prompt: 8 tokens (expected: more than a block of 16;");
    }

    @Test
    void failsWithADeadPod() {
        start(FleetOptions.instant(4));
        fleet.server(2).stop();
        await().untilAsserted(() -> assertThat(
                        client.get(gateway.management("/actuator/vllm")).body())
                .contains("\"state\":\"ejected\""));
        assertThat(validate()).isEqualTo(1);
        assertThat(out.toString()).contains(fleet.uris().get(2).getAuthority() + ": ejected (expected: ready)");
    }

    @Test
    void failsWhereAnswersDoNotNameTheirEndpoint() {
        start(FleetOptions.instant(2), "warmlane.response-headers=false");
        assertThat(validate()).isEqualTo(1);
        assertThat(out.toString()).contains("responses do not name their endpoint");
    }

    @Test
    void cannotRunWithoutTheModelOrAnEndpointOrAGateway() {
        start(FleetOptions.instant(1));
        awaitModels();
        assertThat(validate("--model=gpt-9")).isEqualTo(2);
        assertThat(err.toString()).contains("model: gpt-9 (expected: [Qwen/Qwen3-0.6B])");
        assertThat(validateAt(URI.create("http://127.0.0.1:" + FreePorts.take())))
                .isEqualTo(2);
        assertThat(err.toString()).contains("(expected: a response)");
    }

    private static FleetOptions server(ServerOptions options) {
        FleetOptions instant = FleetOptions.instant(2);
        return instant.withServer(options.withEngine(instant.server().engine()));
    }

    private void start(FleetOptions options, String... settings) {
        fleet = SimulatedFleet.start(options);
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("warmlane.scrape.interval=200ms");
        all.add("warmlane.affinity.client-ip.shared-networks=127.0.0.0/8");
        all.add("warmlane.health.interval=200ms");
        gateway = GATEWAYS.inFrontOf(fleet, all.toArray(new String[0]));
        awaitModels();
    }

    private void awaitModels() {
        await().untilAsserted(() -> client.getJson(gateway.management("/actuator/vllm"))
                .at("/pools/0/endpoints")
                .forEach(endpoint -> assertThat(endpoint.get("models")).isNotEmpty()));
    }

    private int validate(String... arguments) {
        return validateAt(gateway.uri("/"), arguments);
    }

    private int validateAt(URI uri, String... arguments) {
        CommandLine command = new CommandLine(new ValidateCommand());
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(err));
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--gateway=" + uri);
        all.add("--management=" + gateway.management("/"));
        return command.execute(all.toArray(new String[0]));
    }

    private JsonNode report() {
        return ChatClient.JSON.readTree(out.toString());
    }
}
