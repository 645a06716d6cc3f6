package dev.warmlane.tools.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockPoolTest {

    @Test
    void takesTheBlockThatWasReleasedFirst() {
        BlockPool pool = new BlockPool(3);
        int a = pool.take();
        int b = pool.take();
        int c = pool.take();
        pool.release(b);
        pool.release(c);
        pool.release(a);
        assertThat(List.of(pool.take(), pool.take(), pool.take())).containsExactly(b, c, a);
    }

    @Test
    void keepsTheContentOfFreeBlocksUntilTheyAreTaken() {
        BlockPool pool = new BlockPool(1);
        int block = pool.take();
        pool.publish(block, 42);
        pool.release(block);
        assertThat(pool.find(42)).isEqualTo(block);
        pool.take();
        assertThat(pool.find(42)).isEqualTo(-1);
    }

    @Test
    void aFoundBlockIsHeldUntilItsLastHolderReleasesIt() {
        BlockPool pool = new BlockPool(1);
        int block = pool.take();
        pool.publish(block, 42);
        pool.hold(pool.find(42));
        pool.release(block);
        assertThat(pool.freeBlocks()).isZero();
        pool.release(block);
        assertThat(pool.freeBlocks()).isEqualTo(1);
    }

    @Test
    void refusesToTakeFromAnEmptyPool() {
        BlockPool pool = new BlockPool(1);
        pool.take();
        assertThatIllegalStateException().isThrownBy(pool::take).withMessageContaining("expected: >= 1");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 64, 500})
    void agreesWithAPlainModelOverRandomOperations(int blocks) {
        SplittableRandom random = new SplittableRandom(blocks);
        BlockPool pool = new BlockPool(blocks);
        List<Integer> held = new ArrayList<>();
        List<Integer> freeOldestFirst = new ArrayList<>();
        for (int block = 0; block < blocks; block++) {
            freeOldestFirst.add(block);
        }
        Map<Integer, Long> contentOf = new HashMap<>();
        for (int step = 0; step < 20_000; step++) {
            long hash = random.nextLong(blocks * 2L);
            switch (random.nextInt(4)) {
                case 0 -> {
                    if (!freeOldestFirst.isEmpty()) {
                        int block = pool.take();
                        assertThat(block).isEqualTo(freeOldestFirst.remove(0));
                        contentOf.remove(block);
                        held.add(block);
                    }
                }
                case 1 -> {
                    int found = pool.find(hash);
                    if (found >= 0) {
                        assertThat(contentOf.get(found)).isEqualTo(hash);
                        pool.hold(found);
                        held.add(found);
                        freeOldestFirst.remove((Integer) found);
                    } else {
                        assertThat(contentOf).doesNotContainValue(hash);
                    }
                }
                case 2 -> {
                    if (!held.isEmpty()) {
                        int block = held.get(random.nextInt(held.size()));
                        if (contentOf.putIfAbsent(block, hash) == null) {
                            pool.publish(block, hash);
                        }
                    }
                }
                default -> {
                    if (!held.isEmpty()) {
                        int block = held.remove(random.nextInt(held.size()));
                        pool.release(block);
                        if (!held.contains(block)) {
                            freeOldestFirst.add(block);
                        }
                    }
                }
            }
            assertThat(pool.freeBlocks()).isEqualTo(freeOldestFirst.size());
        }
    }
}
