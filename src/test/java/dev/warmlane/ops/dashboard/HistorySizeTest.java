package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.warmlane.ops.dashboard.EndpointSampler.EndpointSum;
import dev.warmlane.ops.dashboard.History.Subject;
import dev.warmlane.settings.WarmlaneSettings.HistorySettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the history of everything the page draws takes. Its size does not depend on how much of it is filled. */
class HistorySizeTest {
    private static final int ENDPOINTS = 100;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void sevenDaysOfAHundredEndpointsTakeLittleHeapAndLessDisk(@TempDir Path directory) throws IOException {
        Map<Subject, double[]> sums = new HashMap<>();
        sums.put(Subject.ofPool("default"), new double[PoolSum.COUNT]);
        for (int i = 0; i < ENDPOINTS; i++) {
            sums.put(new Subject("default", "0a1b2c3d-pod-uid-of-36-characters-" + i), new double[EndpointSum.COUNT]);
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        History history = LiveFeed.history(new HistorySettings("", Duration.ofMinutes(5), ENDPOINTS + 1));
        history.record(1_800_000_000, sums);
        // Nothing that is held was not allocated.
        long heap = threads.getCurrentThreadAllocatedBytes() - before;

        Path file = directory.resolve("history");
        new HistoryFile(file).save(history);

        assertThat(heap).isBetween(1_000_000L, 20_000_000L);
        assertThat(Files.size(file)).isLessThan(50_000_000);
    }
}
