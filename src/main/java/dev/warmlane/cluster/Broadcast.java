package dev.warmlane.cluster;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import org.jgroups.Address;

/**
 * Sends what is published to all other members: one thread puts what there is into a batch and hands it to each connection's queue.
 * It waits for nobody; who is not connected, or whose queue is full, gets nothing and sees it by the
 * next number that arrives. So that the last message of all can be missed too, a batch of none follows half a second later.
 */
final class Broadcast {
    /** How a message reaches a member. */
    interface Wire {
        boolean isConnectedTo(Address member);

        /** Never blocks while connected. */
        void send(Address member, byte[] message);
    }

    /** A member, and what was the next number when it joined. */
    private static final class Target {
        private final Address member;
        private final long firstNumber;
        private boolean greeted;

        private Target(Address member, long firstNumber) {
            this.member = member;
            this.firstNumber = firstNumber;
        }
    }

    /** With room for the longest message. */
    private static final int LARGEST_BATCH_BYTES =
            Envelope.HEAD_BYTES + Integer.BYTES + ClusterTransport.MAX_MESSAGE_BYTES;

    private static final Duration QUIET = Duration.ofMillis(500);

    private final Outbox outbox;
    private final Wire wire;
    private final Thread thread;
    private final ByteBuffer batch = ByteBuffer.allocate(LARGEST_BATCH_BYTES);
    private final AtomicLong messages = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private volatile List<Target> targets = List.of();
    private final AtomicLong nextNumber = new AtomicLong();
    private volatile boolean ending;
    private long droppedBefore;
    private boolean repeat;

    Broadcast(Outbox outbox, Wire wire, ThreadFactory threads) {
        this.outbox = outbox;
        this.wire = wire;
        this.thread = threads.newThread(this::run);
    }

    void start() {
        thread.start();
    }

    /** From now on to these. Called by one thread at a time. */
    void members(List<Address> others) {
        List<Target> before = targets;
        targets = others.stream()
                .map(member -> before.stream()
                        .filter(target -> target.member.equals(member))
                        .findFirst()
                        .orElseGet(() -> new Target(member, nextNumber.get())))
                .toList();
        outbox.wake();
    }

    /** Sends what is left, and ends. */
    void close() throws InterruptedException {
        ending = true;
        outbox.wake();
        if (thread.isAlive()) {
            thread.join(QUIET.toMillis());
        }
    }

    long messages() {
        return messages.get();
    }

    long bytes() {
        return bytes.get();
    }

    private void run() {
        while (!ending) {
            outbox.await(QUIET);
            greet();
            sendAll();
        }
    }

    private void greet() {
        for (Target target : targets) {
            if (!target.greeted && wire.isConnectedTo(target.member)) {
                target.greeted = true;
                wire.send(target.member, Envelope.of(Envelope.BATCH, target.firstNumber, new byte[0]));
            }
        }
    }

    private void sendAll() {
        long dropped = outbox.dropped();
        boolean skipped = dropped != droppedBefore;
        nextNumber.addAndGet(dropped - droppedBefore);
        droppedBefore = dropped;
        boolean sent = false;
        while (outbox.nextLength() >= 0) {
            sendBatch();
            sent = true;
        }
        if (!sent && (skipped || repeat)) {
            send(Envelope.of(Envelope.BATCH, nextNumber.get(), new byte[0]));
        }
        repeat = sent;
    }

    private void sendBatch() {
        Envelope.begin(batch.clear(), Envelope.BATCH, nextNumber.get());
        long count = 0;
        for (int next = outbox.nextLength();
                next >= 0 && batch.remaining() >= next + Integer.BYTES;
                next = outbox.nextLength()) {
            byte[] message = outbox.poll();
            if (message != null) {
                batch.putInt(message.length).put(message);
                bytes.addAndGet(message.length);
                count++;
            }
        }
        messages.addAndGet(count);
        nextNumber.addAndGet(count);
        send(Arrays.copyOf(batch.array(), batch.position()));
    }

    private void send(byte[] message) {
        for (Target target : targets) {
            if (target.greeted && wire.isConnectedTo(target.member)) {
                wire.send(target.member, message);
            }
        }
    }

    /**
     * What is on the wire: a version, a kind, and the rest by kind.
     *
     * <pre>
     * BATCH          number of the first message (8 bytes), then for each message its length (4 bytes) and its bytes
     * STATE_REQUEST  number of the request (8), limit in milliseconds (8)
     * STATE_PART     number of the request (8), bytes
     * STATE_END      number of the request (8), 1 if that was all, else 0
     * </pre>
     */
    static final class Envelope {
        static final byte VERSION = 1;
        static final byte BATCH = 1;
        static final byte STATE_REQUEST = 2;
        static final byte STATE_PART = 3;
        static final byte STATE_END = 4;

        /** Version, kind and the number that all kinds begin with. */
        static final int HEAD_BYTES = 2 + Long.BYTES;

        private Envelope() {}

        static ByteBuffer begin(ByteBuffer buffer, byte kind, long number) {
            return buffer.put(VERSION).put(kind).putLong(number);
        }

        static byte[] of(byte kind, long number, byte[] rest) {
            return begin(ByteBuffer.allocate(HEAD_BYTES + rest.length), kind, number)
                    .put(rest)
                    .array();
        }
    }
}
