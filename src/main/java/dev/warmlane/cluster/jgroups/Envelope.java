package dev.warmlane.cluster.jgroups;

import java.nio.ByteBuffer;

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
final class Envelope {
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
