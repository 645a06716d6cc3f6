package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChildProcess.Ended;
import org.junit.jupiter.api.Test;

class ChildProcessTest {

    @Test
    void tellsHowACommandEndedAndWhatItPrinted() throws Exception {
        assertThat(ChildProcess.run(new ProcessBuilder("sh", "-c", "echo out; echo err >&2; exit 3")))
                .isEqualTo(new Ended(3, "out\n"));
    }

    @Test
    void killsWhatDoesNotEndWithAllThatItHasStarted() throws Exception {
        ProcessBuilder endless = new ProcessBuilder("sh", "-c", "sleep 1000; true");

        assertThat(ChildProcess.run(endless, Runnable::run).exitCode()).isNotZero();
    }
}
