package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OutboxTest {
    private final Outbox outbox = new Outbox(3 * (100 + 64));

    @Test
    void givesBackInOrder() {
        outbox.offer(new byte[] {1});
        outbox.offer(new byte[] {2});
        assertThat(outbox.poll()).containsExactly(1);
        assertThat(outbox.nextLength()).isEqualTo(1);
        assertThat(outbox.poll()).containsExactly(2);
        assertThat(outbox.poll()).isNull();
        assertThat(outbox.nextLength()).isEqualTo(-1);
    }

    @Test
    void refusesAndCountsWhatIsBeyondItsCapacityUntilThereIsRoomAgain() {
        for (int i = 0; i < 3; i++) {
            assertThat(outbox.offer(new byte[100])).isTrue();
        }
        assertThat(outbox.offer(new byte[1])).isFalse();
        assertThat(outbox.dropped()).isEqualTo(1);
        outbox.poll();
        assertThat(outbox.offer(new byte[100])).isTrue();
        assertThat(outbox.dropped()).isEqualTo(1);
    }
}
