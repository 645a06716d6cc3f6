package dev.warmlane.core.sharing;

import com.dynatrace.hash4j.hashing.Hashing;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes one message: a version, then records of a type, a length and a payload, so that a reader can skip what it does not know.
 * Numbers are varints; a hash that stands for a pool or an endpoint is written once and then referred to. Not thread-safe.
 */
final class MessageWriter {
    /** The first byte of every message that this class writes. */
    static final byte VERSION = 1;

    private byte[] message = {VERSION};
    private int length = 1;
    private byte[] payload = new byte[256];
    private int payloadLength;
    private final Map<Long, Integer> references = new HashMap<>();

    /** A hash that stands for a text in messages, the same on every replica. */
    static long hash(String text) {
        return Hashing.xxh3_64().hashCharsToLong(text);
    }

    /** Bytes so far. */
    int length() {
        return length;
    }

    boolean isEmpty() {
        return length == 1;
    }

    /** Ends a record: what was written since the last one is its payload. */
    void record(RecordType type) {
        int size = payloadLength;
        byte[] body = payload;
        payload = message;
        payloadLength = length;
        oneByte(type.code());
        number(size);
        makeRoom(size);
        System.arraycopy(body, 0, payload, payloadLength, size);
        message = payload;
        length = payloadLength + size;
        payload = body;
        payloadLength = 0;
    }

    MessageWriter oneByte(int value) {
        makeRoom(1);
        payload[payloadLength++] = (byte) value;
        return this;
    }

    /** @param value at least 0 */
    MessageWriter number(long value) {
        makeRoom(10);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            payload[payloadLength++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        payload[payloadLength++] = (byte) rest;
        return this;
    }

    MessageWriter fixed(long value) {
        makeRoom(Long.BYTES);
        for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
            payload[payloadLength++] = (byte) (value >>> shift);
        }
        return this;
    }

    MessageWriter real(double value) {
        return fixed(Double.doubleToRawLongBits(value));
    }

    MessageWriter reference(long hash) {
        Integer known = references.get(hash);
        if (known != null) {
            return number(known);
        }
        references.put(hash, references.size() + 1);
        return number(0).fixed(hash);
    }

    /** As they are; nothing may follow them in the record. */
    MessageWriter rest(byte[] bytes) {
        makeRoom(bytes.length);
        System.arraycopy(bytes, 0, payload, payloadLength, bytes.length);
        payloadLength += bytes.length;
        return this;
    }

    /** @param to exclusive */
    MessageWriter fixed(long[] values, int from, int to) {
        number(to - from);
        for (int i = from; i < to; i++) {
            fixed(values[i]);
        }
        return this;
    }

    byte[] toBytes() {
        return Arrays.copyOf(message, length);
    }

    private void makeRoom(int more) {
        if (payloadLength + more > payload.length) {
            payload = Arrays.copyOf(payload, Math.max(2 * payload.length, payloadLength + more));
        }
    }

    /**
     * The kinds of records in a message. Replicas of several versions meet, so a code is never used again for something else, and a
     * kind that is added must not use {@link MessageWriter#reference}: who skips it would count references differently.
     */
    enum RecordType {
        /** What the sender has in flight at some endpoints of a pool. */
        LOAD(1),
        /** What it has in flight at all of them. */
        WHOLE_LOAD(2),
        BOUND(3),
        UNBOUND(4),
        PLACED(5),
        TRIMMED(6),
        CORRECTED(7),
        EMPTIED(8),
        ASKED(9),
        /** Facts were dropped before they were told: what the sender knows is to be asked for as a whole. */
        INCOMPLETE(10),
        /** Blocks of an endpoint and the one before each, as of {@code PrefixIndex.dump}. */
        DUMP(11),
        /** What a pool's responses have taught. */
        AVERAGES(12),
        /** An endpoint has made a response that it stores. */
        STORED_RESPONSE(13),
        /** A client took something of its limits. */
        TAKEN(14),
        /** The number of the round that ends here, of what clients took: it wants to be confirmed. */
        ROUND(15),
        /** Confirms a round of somebody else's. */
        HEARD(16),
        /** All that is known of what a client took. */
        ACCOUNT(17),
        /** The first page of what the sender posts for people to read, as of {@link Replication#post}. */
        BULLETIN(18),
        /** An operator drains an endpoint, or puts it back. */
        DRAINED(19),
        /** How many data-parallel ranks the servers of a pool are known to have. */
        RANKS(20),
        /** What a request says of its prompt, for the estimate of other caches. */
        USE_SENT(21),
        /** What its response says. */
        USE_COMPLETED(22),
        /** Digests of the sender's settings, as of {@link Replication#tellSettings}. 23 was the same without a key. */
        SETTINGS(24),
        /** Another page of the bulletin whose first page comes next, and its number from 1. */
        LATER_PAGE(25),
        /** How large an endpoint's cache has turned out to be. */
        CAPACITY(26),
        /** What the sender has seen of an endpoint, as of {@code EndpointExperience}. */
        EXPERIENCE(27);

        private static final RecordType[] BY_CODE = new RecordType[256];

        static {
            for (RecordType type : values()) {
                BY_CODE[type.code] = type;
            }
        }

        private final int code;

        RecordType(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        /** Null for a code of a later version. */
        static @Nullable RecordType of(int code) {
            return BY_CODE[code & 0xff];
        }
    }
}
