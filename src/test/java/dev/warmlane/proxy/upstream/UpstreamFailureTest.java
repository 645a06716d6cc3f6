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
        assertThat(isRetryable(new ConnectException())).isTrue();
        assertThat(isRetryable(new IOException("reset"))).isTrue();
        assertThat(isRetryable(AbortedException.beforeSend())).isTrue();
        assertThat(isRetryable(new NotYetConnectedException())).isTrue();
    }

    @Test
    void anEndOfTheGatewayIsNotTriedElsewhere() {
        assertThat(isRetryable(ApiException.shuttingDown())).isFalse();
    }

    private static boolean isRetryable(Throwable failure) {
        return UpstreamFailure.of(failure).retryable();
    }
}
