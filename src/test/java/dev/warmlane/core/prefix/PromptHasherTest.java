package dev.warmlane.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.prefix.PromptBlocks.PromptHasher;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PromptHasherTest {
    private static final int BLOCK = 16;

    @Property
    void makesNoDifferenceWherePiecesEnd(
            @ForAll byte[] bytes, @ForAll @Size(max = 20) List<@IntRange(max = 40) Integer> sizes) {
        PromptHasher hasher = new PromptHasher(BLOCK);
        int from = 0;
        for (int size : sizes) {
            int length = Math.min(size, bytes.length - from);
            hasher.accept(bytes, from, length);
            from += length;
        }
        hasher.accept(bytes, from, bytes.length - from);
        assertThat(hashes(hasher.finish())).containsExactly(hashes(blocks(bytes)));
    }

    @Test
    void countsFullBlocksOnly() {
        PromptBlocks blocks = blocks(random(3 * BLOCK + 5));
        assertThat(blocks.length()).isEqualTo(3);
        assertThat(blocks.bytes()).isEqualTo(3 * BLOCK + 5);
        assertThat(blocks.blockSizeBytes()).isEqualTo(BLOCK);
        assertThat(blocks(random(BLOCK - 1)).length()).isZero();
    }

    @Test
    void sharesHashesAsFarAsPrefixesGo() {
        byte[] one = random(10 * BLOCK);
        byte[] other = one.clone();
        other[4 * BLOCK] ^= 1;
        long[] a = hashes(blocks(one));
        long[] b = hashes(blocks(other));
        assertThat(Arrays.copyOf(a, 4)).containsExactly(Arrays.copyOf(b, 4));
        assertThat(IntStream.range(4, 10)).allMatch(i -> a[i] != b[i]);
    }

    @Test
    void tellsEqualBlocksApartByTheirPlace() {
        assertThat(hashes(blocks(new byte[50 * BLOCK]))).doesNotHaveDuplicates();
    }

    @Test
    void startsAnotherPromptAfterFinishing() {
        PromptHasher hasher = new PromptHasher(BLOCK);
        byte[] bytes = random(5 * BLOCK + 3);
        hasher.accept(bytes, 0, bytes.length);
        PromptBlocks first = hasher.finish();
        hasher.accept(bytes, 0, bytes.length);
        assertThat(hashes(hasher.finish())).containsExactly(hashes(first));
        assertThat(hasher.finish().bytes()).isZero();
    }

    @Test
    void givesTheSameHashesInEveryVersion() {
        assertThat(hashes(blocks(new byte[2 * BLOCK]))).containsExactly(677512049313460619L, 1825056936049862147L);
    }

    @Test
    void refusesBlocksWithoutBytes() {
        assertThatThrownBy(() -> new PromptHasher(0)).hasMessage("block size: 0 bytes (expected: >= 1)");
        assertThatThrownBy(() -> PromptBlocks.of(new long[3], 16, 47)).hasMessage("prompt: 47 bytes (expected: >= 48)");
    }

    private static PromptBlocks blocks(byte[] bytes) {
        PromptHasher hasher = new PromptHasher(BLOCK);
        hasher.accept(bytes, 0, bytes.length);
        return hasher.finish();
    }

    private static long[] hashes(PromptBlocks blocks) {
        return IntStream.range(0, blocks.length()).mapToLong(blocks::hash).toArray();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(1).nextBytes(bytes);
        return bytes;
    }
}
