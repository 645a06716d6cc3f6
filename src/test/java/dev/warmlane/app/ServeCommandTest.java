package dev.warmlane.app;

import static dev.warmlane.app.ServeCommand.ACCEPT_LOOPS;
import static dev.warmlane.app.ServeCommand.EVENT_LOOPS;
import static dev.warmlane.app.ServeCommand.HANDSHAKE_TIMEOUT;
import static dev.warmlane.app.ServeCommand.LEAK_DETECTION;
import static dev.warmlane.app.ServeCommand.NO_RENEGOTIATION;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class ServeCommandTest {
    private final Properties system = new Properties();

    @Test
    void hasAnEventLoopForEachCoreAndOneThatAcceptsFollowsNoBuffersAndLeavesHandshakesToSettings() {
        ServeCommand.setDefaults(system);

        String cores = Integer.toString(Runtime.getRuntime().availableProcessors());
        assertThat(system)
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        EVENT_LOOPS,
                        cores,
                        ACCEPT_LOOPS,
                        "1",
                        LEAK_DETECTION,
                        "disabled",
                        NO_RENEGOTIATION,
                        "true",
                        HANDSHAKE_TIMEOUT,
                        "0"));
    }

    @Test
    void leavesWhatSomebodyHasSet() {
        system.setProperty(EVENT_LOOPS, "7");
        system.setProperty(ACCEPT_LOOPS, "2");
        system.setProperty(LEAK_DETECTION, "paranoid");
        system.setProperty(NO_RENEGOTIATION, "false");
        system.setProperty(HANDSHAKE_TIMEOUT, "1000");

        ServeCommand.setDefaults(system);

        assertThat(system)
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        EVENT_LOOPS,
                        "7",
                        ACCEPT_LOOPS,
                        "2",
                        LEAK_DETECTION,
                        "paranoid",
                        NO_RENEGOTIATION,
                        "false",
                        HANDSHAKE_TIMEOUT,
                        "1000"));
    }

    @Test
    void leavesWhatSomebodyHasSetByTheOlderName() {
        system.setProperty("io.netty.leakDetectionLevel", "advanced");

        ServeCommand.setDefaults(system);

        assertThat(system).doesNotContainKey(LEAK_DETECTION);
    }

    @Test
    void whatIsNoSettingIsALineAndAHint(CapturedOutput output) {
        assertThat(ServeCommand.start(List.of("--dry-run", "warmlane.affinity.ttl=1h", "--server.prot=99")))
                .isEqualTo(2);
        assertThat(output.getErr().lines()).hasSize(2);
        assertThat(output.getErr()).contains("--dry-run: no setting", "See warmlane serve --help");
    }
}
