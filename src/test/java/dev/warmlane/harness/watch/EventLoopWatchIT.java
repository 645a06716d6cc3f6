package dev.warmlane.harness.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import reactor.netty.resources.LoopResources;

/** The watch sees what it is there for. Whatever this does wrong it takes out of the reports again. */
class EventLoopWatchIT {

    @Test
    void seesABlockingCallOnAnEventLoop() throws Exception {
        assumeTrue(BlockingCalls.areWatched());
        LoopResources loops = LoopResources.create("watched", 1, true);
        loops.onServer(true).submit(() -> LockSupport.parkNanos(1)).get(1, TimeUnit.MINUTES);
        loops.dispose();
        assertThat(BlockingCalls.drain()).singleElement().asString().contains("park", "watched-");
    }

    @Test
    void seesABufferThatNobodyReleased() {
        assumeTrue(Leaks.areWatched());
        leak();
        List<String> reports = new ArrayList<>();
        await().until(() -> {
            reports.addAll(Leaks.drain());
            return !reports.isEmpty();
        });
        assertThat(reports).singleElement().asString().contains("LEAK: ByteBuf", "EventLoopWatchIT.leak");
    }

    private static void leak() {
        ByteBuf forgotten = ByteBufAllocator.DEFAULT.buffer(16);
        forgotten.writeByte(1);
    }
}
