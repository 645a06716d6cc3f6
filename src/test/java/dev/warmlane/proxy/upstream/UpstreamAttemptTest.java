package dev.warmlane.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.error.ApiException;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.NotYetConnectedException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.channel.AbortedException;

class UpstreamAttemptTest {
    private static final Duration ROUND_TRIP = Duration.ofMillis(100);
    private static final IOException RESET = new IOException("reset");

    private final EmbeddedChannel channel = new EmbeddedChannel();

    @AfterEach
    void close() {
        channel.close();
    }

    @Test
    void aRequestWhoseSendingIsOverDoesNotGoOut() {
        UpstreamAttempt sending = new UpstreamAttempt(() -> true);
        sending.end();

        assertThat(sending.begin(channel, 0)).isFalse();

        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aRequestWhoseAnswerNobodyHasTakenIsWithdrawnAtTheEnd() {
        UpstreamAttempt sending = new UpstreamAttempt(() -> true);
        assertThat(sending.begin(channel, 0)).isTrue();

        sending.end();
        channel.runPendingTasks();

        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void theConnectionOfATakenAnswerIsLeftToIt() {
        UpstreamAttempt sending = new UpstreamAttempt(() -> true);
        sending.begin(channel, 0);
        sending.responded();

        sending.end();
        channel.runPendingTasks();

        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aResetAtOnceOnAUsedConnectionMeansThatItWasClosed() {
        new UpstreamAttempt(() -> true).begin(channel, 0);
        UpstreamAttempt second = new UpstreamAttempt(() -> true);
        second.begin(channel, 0);

        assertThat(second.metClosedConnection(RESET, ROUND_TRIP.toNanos(), ROUND_TRIP))
                .isTrue();
        assertThat(second.metClosedConnection(RESET, ROUND_TRIP.toNanos() + 1, ROUND_TRIP))
                .isFalse();
        assertThat(second.metClosedConnection(new ConnectException(), 0, ROUND_TRIP))
                .isFalse();
        second.responded();
        assertThat(second.metClosedConnection(RESET, 0, ROUND_TRIP)).isFalse();
    }

    @Test
    void aResetOfANewConnectionIsTheEndpointsOwn() {
        UpstreamAttempt sending = new UpstreamAttempt(() -> true);
        sending.begin(channel, 0);

        assertThat(sending.metClosedConnection(RESET, 0, ROUND_TRIP)).isFalse();
    }

    @Test
    void aConnectionThatIsGoneIsTriedElsewhereHoweverItFails() {
        assertThat(isRetryable(new ConnectException())).isTrue();
        assertThat(isRetryable(RESET)).isTrue();
        assertThat(isRetryable(AbortedException.beforeSend())).isTrue();
        assertThat(isRetryable(new NotYetConnectedException())).isTrue();
    }

    @Test
    void anEndOfTheGatewayIsNotTriedElsewhere() {
        assertThat(isRetryable(ApiException.shuttingDown())).isFalse();
    }

    private static boolean isRetryable(Throwable failure) {
        return UpstreamAttempt.failure(failure).retryable();
    }
}
