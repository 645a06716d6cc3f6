package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus.State;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DiscoveryHealthTest {
    private final AtomicLong nanoTime = new AtomicLong(-5);
    private final DiscoveryHealth health = new DiscoveryHealth(nanoTime::get);

    @Test
    void knowsNothingBeforeTheFirstList() {
        assertThat(health.status()).isEqualTo(new DiscoveryStatus(State.SYNCING, null, null, 0, null));
    }

    @Test
    void tellsHowLongAgoItHeardOfTheSource() {
        health.synced();
        pass(Duration.ofSeconds(3));
        health.changed();
        pass(Duration.ofSeconds(2));
        assertThat(health.status())
                .isEqualTo(new DiscoveryStatus(State.SYNCED, Duration.ofSeconds(2), Duration.ofSeconds(5), 0, null));
    }

    @Test
    void keepsSyncingAndSaysWhyWhileTheApiServerIsAway() {
        assertThat(health.failed(refused())).isTrue();
        assertThat(health.unlisted(refused())).isFalse();
        assertThat(health.status())
                .isEqualTo(new DiscoveryStatus(State.SYNCING, null, null, 0, "ConnectException: refused by peer"));
    }

    @Test
    void isStaleFromAFailedCheckToAGoodOne() {
        health.synced();
        assertThat(health.unlisted(refused())).isTrue();
        assertThat(health.status().state()).isEqualTo(State.STALE);
        health.synced();
        assertThat(health.status().state()).isEqualTo(State.STALE);
        assertThat(health.confirmed()).isTrue();
        assertThat(health.confirmed()).isFalse();
        assertThat(health.status().state()).isEqualTo(State.SYNCED);
        assertThat(health.status().lastError()).isNull();
    }

    @Test
    void staysSyncedWhileTheWatchReconnects() {
        health.synced();
        health.failed(refused());
        assertThat(health.status().state()).isEqualTo(State.SYNCED);
        assertThat(health.status().lastError()).isNotNull();
        health.synced();
        assertThat(health.status().lastError()).isNull();
    }

    @Test
    void isStaleFromARestartToAGoodCheck() {
        health.synced();
        health.restarted("silent");
        assertThat(health.status().state()).isEqualTo(State.STALE);
        assertThat(health.status().restarts()).isEqualTo(1);
        health.synced();
        health.confirmed();
        assertThat(health.status().state()).isEqualTo(State.SYNCED);
    }

    @Test
    void saysWhatTheApiServerAnswered() {
        health.failed(new CompletionException(new KubernetesClientException("no right to list", 403, null)));
        assertThat(health.status().lastError()).isEqualTo("403 no right to list");
    }

    @Test
    void namesTheNetworkFailureThatHasNoMessage() {
        Throwable refused = new ConnectException().initCause(new ClosedChannelException());
        health.failed(new KubernetesClientException("list failed", new IOException(refused)));
        assertThat(health.status().lastError()).isEqualTo("ConnectException");
    }

    @Test
    void cutsLongErrors() {
        health.failed(new IOException("x".repeat(5_000)));
        assertThat(health.status().lastError()).hasSizeLessThan(310).endsWith("...");
    }

    private static Throwable refused() {
        return new IllegalStateException("list", new IOException(new ConnectException("refused\n  by peer")));
    }

    private void pass(Duration time) {
        nanoTime.addAndGet(time.toNanos());
    }
}
