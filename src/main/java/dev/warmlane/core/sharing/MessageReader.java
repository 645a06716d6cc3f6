package dev.warmlane.core.sharing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads what {@link MessageWriter} wrote. Whatever bytes it is given, it ends or throws, and takes no more memory than they. */
final class MessageReader {
    private final byte[] bytes;
    private final List<Long> references = new ArrayList<>();
    private int at;

    /** A message that cannot be read; says why. Without a stack trace: it is no fault of ours. */
    static final class MalformedMessageException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        MalformedMessageException(String message) {
            super(message, null, false, false);
        }
    }

    MessageReader(byte[] bytes) {
        this.bytes = bytes;
    }

    boolean hasMore() {
        return at < bytes.length;
    }

    int position() {
        return at;
    }

    void skipTo(int position) {
        if (position < at || position > bytes.length) {
            throw new MalformedMessageException("a record ends outside of its message");
        }
        at = position;
    }

    int oneByte() {
        if (at >= bytes.length) {
            throw new MalformedMessageException("cut short");
        }
        return bytes[at++] & 0xff;
    }

    long number() {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int next = oneByte();
            value |= (long) (next & 0x7f) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new MalformedMessageException("a number of more than 64 bits");
    }

    /** @throws MalformedMessageException if the number is negative */
    long atLeastZero() {
        long value = number();
        if (value < 0) {
            throw new MalformedMessageException("a negative sum");
        }
        return value;
    }

    /** @throws MalformedMessageException if the number is not in [least, most] */
    long between(long least, long most) {
        long value = number();
        if (value < least || value > most) {
            throw new MalformedMessageException("a number of " + value);
        }
        return value;
    }

    /** @throws MalformedMessageException if the number is not in [0, most] */
    int count(int most) {
        long value = number();
        if (value < 0 || value > most) {
            throw new MalformedMessageException("a count of " + value);
        }
        return (int) value;
    }

    long fixed() {
        if (bytes.length - at < Long.BYTES) {
            throw new MalformedMessageException("cut short");
        }
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = value << Byte.SIZE | (bytes[at++] & 0xff);
        }
        return value;
    }

    double real() {
        return Double.longBitsToDouble(fixed());
    }

    /** @throws MalformedMessageException if it is infinite or no number */
    double finite() {
        double value = real();
        if (!Double.isFinite(value)) {
            throw new MalformedMessageException("not a finite number");
        }
        return value;
    }

    long reference() {
        int index = count(references.size());
        if (index > 0) {
            return references.get(index - 1);
        }
        long hash = fixed();
        references.add(hash);
        return hash;
    }

    /** All bytes before this position. */
    byte[] upTo(int position) {
        int from = at;
        skipTo(position);
        return Arrays.copyOfRange(bytes, from, position);
    }

    long[] fixedArray() {
        long[] values = new long[count((bytes.length - at) / Long.BYTES)];
        for (int i = 0; i < values.length; i++) {
            values[i] = fixed();
        }
        return values;
    }
}
