package dev.warmlane.core.prefix;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.warmlane.core.prefix.PromptBlocks.PromptHasher;
import java.util.Arrays;

/**
 * A prompt as the chain of its blocks: hash {@code i} stands for everything up to the end of block {@code i}, so two prompts
 * share a prefix as far as their hashes are equal. Only full blocks count, as in the engine. Immutable.
 */
public final class PromptBlocks {
    /** No prompt, or one shorter than a block. */
    public static final PromptBlocks EMPTY = new PromptBlocks(new long[0], 1, 0);

    private final long[] hashes;
    private final int blockSizeBytes;
    private final long bytes;

    PromptBlocks(long[] hashes, int blockSizeBytes, long bytes) {
        this.hashes = hashes;
        this.blockSizeBytes = blockSizeBytes;
        this.bytes = bytes;
    }

    /**
     * A prompt whose chain is known already, as from a trace.
     *
     * @param hashes one for each full block; each must stand for all blocks up to its own
     * @param blockSizeBytes bytes in a block, at least 1
     * @param bytes length of the prompt in bytes, at least that of its full blocks
     */
    public static PromptBlocks of(long[] hashes, int blockSizeBytes, long bytes) {
        if (blockSizeBytes < 1) {
            throw new IllegalArgumentException("block size: %d bytes (expected: >= 1)".formatted(blockSizeBytes));
        }
        long full = (long) hashes.length * blockSizeBytes;
        if (bytes < full) {
            throw new IllegalArgumentException("prompt: %d bytes (expected: >= %d)".formatted(bytes, full));
        }
        return new PromptBlocks(hashes.clone(), blockSizeBytes, bytes);
    }

    /** Its beginning, of this many bytes. */
    public PromptBlocks first(long length) {
        return length >= bytes
                ? this
                : new PromptBlocks(Arrays.copyOf(hashes, (int) (length / blockSizeBytes)), blockSizeBytes, length);
    }

    /** How many full blocks the prompt has. */
    public int length() {
        return hashes.length;
    }

    /** The hash of all blocks up to and with block {@code index}, in [0, {@link #length}). */
    public long hash(int index) {
        return hashes[index];
    }

    /** Bytes in a block. */
    public int blockSizeBytes() {
        return blockSizeBytes;
    }

    /** Length of the prompt in bytes, the incomplete last block included. */
    public long bytes() {
        return bytes;
    }

    /** The size only: hashes would tell who sends the same prompt. */
    @Override
    public String toString() {
        return "PromptBlocks[length=%d, bytes=%d]".formatted(length(), bytes);
    }

    /**
     * Turns a prompt that arrives in pieces into {@link PromptBlocks}; where pieces end makes no difference. Reusable from prompt
     * to prompt, so that only the finished chain is allocated. Not thread-safe.
     *
     * <p>Implementation notes: a block is hashed by XXH3, straight from the caller's array where it lies there whole, and mixed
     * with its parent's hash by the finalizer of MurmurHash3, a bijection. The hashes are the same in every process, so that
     * several gateways agree on them; that someone who wants to can make two prompts collide misroutes only their own requests.
     */
    public static final class PromptHasher {
        /** What the gateway uses: about 64 tokens, fine enough to find where prompts part. */
        public static final int DEFAULT_BLOCK_SIZE_BYTES = 256;

        private static final Hasher64 XXH3 = Hashing.xxh3_64();
        private static final long ROOT = 0x9E3779B97F4A7C15L;

        private final byte[] pending;
        private int pendingLength;
        private long[] hashes = new long[64];
        private int length;
        private long parent = ROOT;
        private long bytes;

        /** @param blockSizeBytes bytes in a block, at least 1; 256 is about 64 tokens */
        public PromptHasher(int blockSizeBytes) {
            if (blockSizeBytes < 1) {
                throw new IllegalArgumentException("block size: %d bytes (expected: >= 1)".formatted(blockSizeBytes));
            }
            pending = new byte[blockSizeBytes];
        }

        /** Takes the next piece of the prompt. */
        public void accept(byte[] source, int offset, int count) {
            bytes += count;
            int from = offset;
            int end = offset + count;
            if (pendingLength > 0) {
                from += fillPending(source, from, count);
            }
            for (; end - from >= pending.length; from += pending.length) {
                add(XXH3.hashBytesToLong(source, from, pending.length));
            }
            if (from < end) {
                System.arraycopy(source, from, pending, pendingLength, end - from);
                pendingLength += end - from;
            }
        }

        /** The prompt taken since the last call; the next piece starts another one. */
        public PromptBlocks finish() {
            PromptBlocks blocks = new PromptBlocks(Arrays.copyOf(hashes, length), pending.length, bytes);
            pendingLength = 0;
            length = 0;
            parent = ROOT;
            bytes = 0;
            return blocks;
        }

        private int fillPending(byte[] source, int offset, int count) {
            int taken = Math.min(count, pending.length - pendingLength);
            System.arraycopy(source, offset, pending, pendingLength, taken);
            pendingLength += taken;
            if (pendingLength == pending.length) {
                add(XXH3.hashBytesToLong(pending, 0, pending.length));
                pendingLength = 0;
            }
            return taken;
        }

        private void add(long block) {
            if (length == hashes.length) {
                hashes = Arrays.copyOf(hashes, 2 * length);
            }
            parent = mix(parent * ROOT + block);
            hashes[length++] = parent;
        }

        private static long mix(long value) {
            long mixed = (value ^ (value >>> 33)) * 0xFF51AFD7ED558CCDL;
            mixed = (mixed ^ (mixed >>> 33)) * 0xC4CEB9FE1A85EC53L;
            return mixed ^ (mixed >>> 33);
        }
    }

    /**
     * Spreads block hashes over tables. They are well mixed when they come from {@link PromptHasher}, but a trace may number its
     * blocks 1, 2, 3, so they are multiplied by the golden ratio first.
     */
    static final class HashBits {
        private static final long GOLDEN = 0x9E3779B97F4A7C15L;
        private static final int LOW_BITS = 26;

        private HashBits() {}

        /** The highest bits, in [0, 2^bits). */
        static int high(long hash, int bits) {
            return (int) ((hash * GOLDEN) >>> (Long.SIZE - bits));
        }

        /** {@value #LOW_BITS} bits and more that the six highest say nothing of. */
        static int low(long hash) {
            return (int) ((hash * GOLDEN) >>> (Long.SIZE - 6 - LOW_BITS));
        }
    }
}
