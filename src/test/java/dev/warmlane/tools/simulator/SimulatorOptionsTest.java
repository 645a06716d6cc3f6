package dev.warmlane.tools.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.warmlane.tools.simulator.AdminApi.FaultsJson;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulatorOptionsTest {

    @Test
    void faultsSurviveTheirJson() {
        Faults faults = Faults.builder()
                .latency(Duration.ofMillis(5))
                .status(503)
                .statusCount(3)
                .statusProbability(0.5)
                .hang(true)
                .resetAfterChunks(2)
                .refuse(Duration.ofSeconds(1))
                .slowStart(Duration.ofSeconds(2))
                .metrics(Faults.MetricsFault.HANG)
                .zeroTokenAbort(true)
                .unhealthy(true)
                .build();
        assertThat(FaultsJson.read(HttpExchange.json(
                        HttpExchange.utf8(FaultsJson.write(faults).toString()))))
                .isEqualTo(faults);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"latencyMillis\":-1} | latencyMillis: -1 (expected: 0..86400000)",
                "{\"status\":\"503\"} | status: \"503\" (expected: an integer)",
                "{\"statusProbability\":1.5} | status probability: 1.5 (expected: 0..1)",
                "{\"hang\":1} | hang: 1 (expected: true or false)",
                "{\"resetAfterChunks\":-2} | reset after chunks: -2 (expected: >= 0, or -1 for never)",
                "{\"metrics\":\"odd\"} | metrics fault: odd (expected: none, garbage or hang)"
            })
    void wrongFaultsAreNamed(String json, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FaultsJson.read(HttpExchange.json(HttpExchange.utf8(json))))
                .withMessage(message);
    }

    @ParameterizedTest
    @CsvSource({"0.10.0, true", "v0.10, true", "0.11.0, false", "0.28.0, false", "1.2.3, false"})
    void versionsUpTo010SpeakTheOldFormat(String version, boolean legacy) {
        assertThat(VllmVersion.parse(version).isLegacy()).isEqualTo(legacy);
    }

    @Test
    void wrongVersionsAreNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VllmVersion.parse("newest"))
                .withMessage("vLLM version: newest (expected: like 0.10.0)");
    }

    @Test
    void aFleetNeedsServersAndPorts() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FleetOptions.demo(8001, 0))
                .withMessage("pods: 0 (expected: 1..65535)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FleetOptions.demo(65_533, 4))
                .withMessage("port: 65533 (expected: 0..65532 for 4 servers)");
    }
}
