package dev.warmlane.core.sharing;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

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
}
