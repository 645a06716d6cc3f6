package dev.warmlane.cluster;

import dev.warmlane.cluster.ClusterTransport.Member;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jgroups.Address;
import org.jgroups.util.ExtendedUUID;

/** Another member: what it sent, and what of it is missing. One message at a time. */
final class Peer {
    private static final long BETWEEN_REPORTS_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long UNKNOWN = -1;

    /** Messages that an old connection may deliver after what came by a new one are not further back; more than fit its queue. */
    private static final long FURTHEST_BACK = 1 << 20;

    private final Member member;
    private final Instant since;
    private final long sinceNanos;
    private long expected = UNKNOWN;
    private boolean unreported;
    private long reportedAt;
    private volatile long messages;
    private volatile long bytes;
    private volatile long lost;

    Peer(Member member, Instant since, long sinceNanos) {
        this.member = member;
        this.since = since;
        this.sinceNanos = sinceNanos;
        this.reportedAt = sinceNanos - BETWEEN_REPORTS_NANOS;
    }

    /** @param batch behind its head */
    synchronized void received(long firstNumber, ByteBuffer batch, ClusterTransport.Listener listener, long nowNanos) {
        if (firstNumber < 0) {
            throw new IllegalArgumentException("number: %d (expected: at least 0)".formatted(firstNumber));
        }
        if (expected == UNKNOWN) {
            expected = firstNumber;
        }
        if (firstNumber > expected || expected - firstNumber > FURTHEST_BACK) {
            // Where the number before was wrong, nobody knows how many.
            lost += Math.max(0, Math.min(firstNumber - expected, FURTHEST_BACK));
            expected = firstNumber;
            unreported = true;
        }
        long number = firstNumber;
        while (batch.remaining() >= Integer.BYTES) {
            int length = batch.getInt();
            if (length < 0 || length > batch.remaining()) {
                throw new IllegalArgumentException(
                        "length: %d (expected: 0 to %d)".formatted(length, batch.remaining()));
            }
            byte[] message = new byte[length];
            batch.get(message);
            // An old connection may still deliver what came by a new one.
            if (number++ == expected) {
                expected++;
                messages++;
                bytes += length;
                listener.received(member, message);
            }
        }
        if (unreported && nowNanos - reportedAt >= BETWEEN_REPORTS_NANOS) {
            unreported = false;
            reportedAt = nowNanos;
            listener.messagesLost(member);
        }
    }

    Member member() {
        return member;
    }

    Instant since() {
        return since;
    }

    long sinceNanos() {
        return sinceNanos;
    }

    long messages() {
        return messages;
    }

    long bytes() {
        return bytes;
    }

    long lost() {
        return lost;
    }

    /** A member as JGroups' address of it: the name and the version travel within, so that they are known with the member itself. */
    static final class MemberAddress {
        private static final String NAME = "name";
        private static final String VERSION = "version";
        private static final int LONGEST_BYTES = 80;

        private MemberAddress() {}

        static ExtendedUUID create(String name, String version) {
            return ExtendedUUID.randomUUID(name).put(NAME, bytes(name)).put(VERSION, bytes(version));
        }

        static Member member(Address address) {
            return address instanceof ExtendedUUID id
                    ? new Member(id.toStringLong(), text(id, NAME), text(id, VERSION))
                    : new Member(address.toString(), "", "");
        }

        private static byte[] bytes(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return bytes.length <= LONGEST_BYTES ? bytes : Arrays.copyOf(bytes, LONGEST_BYTES);
        }

        private static String text(ExtendedUUID id, String key) {
            byte[] bytes = id.get(key);
            return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
