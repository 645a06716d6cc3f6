package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.MembershipChange;
import dev.warmlane.cluster.ClusterTransport.StateWriter;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PeerTest {
    private final Peer peer = new Peer(new Member("1", "a", "1.0"), Instant.EPOCH, 0);
    private final Notes notes = new Notes();
    private long now;

    @Test
    void beginsWithTheFirstNumberThatItHears() {
        batch(70, 1, 2);
        assertThat(notes.messages).containsExactly(1, 2);
        assertThat(peer.lost()).isZero();
    }

    @Test
    void reportsAGapAndGoesOnBehindIt() {
        batch(0, 1, 2);
        batch(5, 6);
        assertThat(notes.messages).containsExactly(1, 2, 6);
        assertThat(peer.lost()).isEqualTo(3);
        assertThat(notes.reports).isEqualTo(1);
    }

    @Test
    void noticesThatTheLastMessagesAreMissingByABatchOfNone() {
        batch(0, 1);
        batch(3);
        assertThat(peer.lost()).isEqualTo(2);
        assertThat(notes.reports).isEqualTo(1);
    }

    @Test
    void hearsNothingTwice() {
        batch(0, 1, 2, 3);
        batch(1, 2, 3, 4);
        assertThat(notes.messages).containsExactly(1, 2, 3, 4);
        assertThat(peer.lost()).isZero();
    }

    @Test
    void goesOnBehindANumberThatWasWrong() {
        batch(0, 1);
        batch(Long.MAX_VALUE);
        batch(1, 2);
        batch(2, 3);
        assertThat(notes.messages).containsExactly(1, 2, 3);
        assertThat(notes.reports).isPositive();
        assertThat(peer.lost()).isBetween(1L, 1L << 20);
    }

    @Test
    void refusesANumberThatCannotBe() {
        assertThatThrownBy(() -> batch(-1, 1)).hasMessage("number: -1 (expected: at least 0)");
    }

    @Test
    void reportsOnceASecondAndNeverForgetsTo() {
        batch(0, 1);
        batch(2, 3);
        batch(4, 5);
        assertThat(notes.reports).isEqualTo(1);
        now += TimeUnit.SECONDS.toNanos(1);
        batch(5);
        assertThat(notes.reports).isEqualTo(2);
        now += TimeUnit.SECONDS.toNanos(1);
        batch(5);
        assertThat(notes.reports).isEqualTo(2);
    }

    @Test
    void refusesALengthThatTheBatchDoesNotHave() {
        for (int length : new int[] {-1, 5, Integer.MAX_VALUE}) {
            ByteBuffer claim = ByteBuffer.allocate(8).putInt(length).putInt(0).flip();
            assertThatThrownBy(() -> peer.received(0, claim, notes, now)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(notes.messages).isEmpty();
    }

    private void batch(long first, int... messages) {
        ByteBuffer batch = ByteBuffer.allocate(messages.length * 5);
        for (int message : messages) {
            batch.putInt(1).put((byte) message);
        }
        peer.received(first, batch.flip(), notes, now);
    }

    private static final class Notes implements ClusterTransport.Listener {
        private final List<Integer> messages = new ArrayList<>();
        private int reports;

        @Override
        public void received(Member sender, byte[] message) {
            messages.add((int) message[0]);
        }

        @Override
        public void membershipChanged(MembershipChange change) {}

        @Override
        public void messagesLost(Member sender) {
            reports++;
        }

        @Override
        public void writeState(StateWriter state) {}

        @Override
        public void stateReceived(Member from, byte[] chunk) {}
    }
}
