package dev.warmlane.proxy.warmup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.CapturedLog;
import dev.warmlane.harness.Wire;
import io.netty.channel.DefaultChannelPipeline;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class StandInEngineIT {
    /** Netty says there what nobody has handled. */
    @RegisterExtension
    private final CapturedLog log = new CapturedLog(DefaultChannelPipeline.class);

    @Test
    void aWarmUpWhoseTimeIsUpLeavesNothingInTheLog() {
        try (StandInEngine engine = new StandInEngine()) {
            Wire client = Wire.to(engine.ports()[0]);
            await().until(() -> engine.connections() == 1);
            client.reset();
            await().until(() -> engine.connections() == 0);
        }
        assertThat(log.lines()).isEmpty();
    }
}
