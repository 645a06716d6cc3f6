package dev.warmlane.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.error.ApiException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.NotYetConnectedException;
import org.junit.jupiter.api.Test;
import reactor.netty.channel.AbortedException;

class UpstreamFailureTest {

    @Test
    void aConnectionThatIsGoneIsTriedElsewhereHoweverItFails() {
        assertThat(UpstreamFailure.isRetryable(new ConnectException())).isTrue();
        assertThat(UpstreamFailure.isRetryable(new IOException("reset"))).isTrue();
        assertThat(UpstreamFailure.isRetryable(AbortedException.beforeSend())).isTrue();
        assertThat(UpstreamFailure.isRetryable(new NotYetConnectedException())).isTrue();
    }

    @Test
    void anEndOfTheGatewayIsNotTriedElsewhere() {
        assertThat(UpstreamFailure.isRetryable(ApiException.shuttingDown())).isFalse();
    }
}
