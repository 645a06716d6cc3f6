package dev.warmlane.tools.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import org.junit.jupiter.api.Test;

/** What differs where one block stands for many of an engine's own. */
class WastelessCacheTest {
    private static final int BLOCK = 4;

    private final BlockPool pool = new BlockPool(3, true);

    @Test
    void aBlockThatDidNotBecomeFullIsOverwrittenFirst() {
        int full = pool.take();
        int partial = pool.take();
        pool.publish(full, 7);
        pool.release(partial);
        pool.release(full);
        assertThat(pool.take()).isEqualTo(partial);
        assertThat(pool.find(7)).isEqualTo(full);
    }

    @Test
    void contentThatIsThereAlreadyIsKeptOnce() {
        int first = pool.publish(pool.take(), 7);
        int computedAgain = pool.take();
        assertThat(pool.publish(computedAgain, 7)).isEqualTo(first);
        assertThat(pool.isFree(computedAgain)).isTrue();
        pool.release(first);
        assertThat(pool.isFree(first)).as("two hold it").isFalse();
        pool.release(first);
        assertThat(pool.freeBlocks()).isEqualTo(3);
    }

    @Test
    void requestsSideBySideLeaveRoomForOthers() {
        CacheConfig cache = new CacheConfig(BLOCK, 8, true).withoutWaste();
        EngineTestDriver driver = new EngineTestDriver(EngineModel.INSTANT, cache);
        driver.run(1, 4 * BLOCK, 1, 4);
        driver.submit(2, 2 * BLOCK, 1, 2);
        driver.submit(2, 2 * BLOCK, 1, 2);
        driver.runToEnd();
        assertThat(driver.run(1, 4 * BLOCK, 1, 4).cachedTokens()).isEqualTo(3 * BLOCK);
        assertThat(driver.engine.stats().kvCacheUsage()).isZero();
    }
}
