package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.CapturedLog;
import org.jgroups.logging.Log;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BoundedLogTest {
    @RegisterExtension
    final CapturedLog log = new CapturedLog(BoundedLogTest.class);

    private final Log jgroups = BoundedLog.factory().getLog(BoundedLogTest.class);

    @Test
    void saysNothingOfAGoodbyeThatCannotReachWhoIsGone() {
        jgroups.error("failed sending graceful close to %s: %s", "10.0.0.7", "connection closed");
        jgroups.error("failed to send a message to %s", "10.0.0.8");
        assertThat(log.lines()).containsExactly("failed to send a message to 10.0.0.8");
    }

    @Test
    void warnsOnceAMinute() {
        jgroups.warn("first");
        jgroups.warn("second");
        assertThat(log.lines()).containsExactly("first");
    }
}
