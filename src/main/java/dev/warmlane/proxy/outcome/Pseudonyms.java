package dev.warmlane.proxy.outcome;

import dev.warmlane.core.hash.Sha256;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/**
 * Pseudonyms of hashes: equal hashes have the same one, which cannot be traced back without the salt. The hashes that the gateway
 * routes by are the same everywhere, so whoever guesses a prompt or a session id could find it by them; by a pseudonym they cannot.
 *
 * <p>SipHash-2-4 (Aumasson and Bernstein, 2012) of the eight bytes, of which 52 bits are kept: any JSON reader holds them exactly.
 * Immutable.
 */
public final class Pseudonyms {
    private static final int KEPT_BITS = 52;

    /** The last word of an eight-byte message: its length, and no bytes left over. */
    private static final long LENGTH_WORD = 8L << 56;

    private final long key0;
    private final long key1;

    Pseudonyms(long key0, long key1) {
        this.key0 = key0;
        this.key1 = key1;
    }

    /** Pseudonyms with a salt that nobody knows and that ends with the process. */
    public static Pseudonyms random() {
        SecureRandom random = new SecureRandom();
        return new Pseudonyms(random.nextLong(), random.nextLong());
    }

    /** Pseudonyms that are the same in every process that is given this salt. */
    public static Pseudonyms of(String salt) {
        ByteBuffer words = ByteBuffer.wrap(Sha256.of(salt)).order(ByteOrder.LITTLE_ENDIAN);
        return new Pseudonyms(words.getLong(), words.getLong());
    }

    /** The pseudonym of a hash, in [0, 2^52). */
    public long of(long hash) {
        return sipHash(hash) >>> (Long.SIZE - KEPT_BITS);
    }

    long sipHash(long message) {
        State state = new State(key0, key1);
        state.take(message);
        state.take(LENGTH_WORD);
        return state.finish();
    }

    private static final class State {
        private long v0;
        private long v1;
        private long v2;
        private long v3;

        State(long key0, long key1) {
            v0 = key0 ^ 0x736f6d6570736575L;
            v1 = key1 ^ 0x646f72616e646f6dL;
            v2 = key0 ^ 0x6c7967656e657261L;
            v3 = key1 ^ 0x7465646279746573L;
        }

        void take(long word) {
            v3 ^= word;
            round();
            round();
            v0 ^= word;
        }

        long finish() {
            v2 ^= 0xff;
            for (int i = 0; i < 4; i++) {
                round();
            }
            return v0 ^ v1 ^ v2 ^ v3;
        }

        private void round() {
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 = Long.rotateLeft(v2, 32);
        }
    }
}
