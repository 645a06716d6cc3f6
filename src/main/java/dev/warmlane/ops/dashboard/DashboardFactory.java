package dev.warmlane.ops.dashboard;

import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.EngineOverview;
import dev.warmlane.ops.dashboard.EndpointSampler.EndpointSum;
import dev.warmlane.ops.history.History;
import dev.warmlane.ops.history.HistoryFile;
import dev.warmlane.settings.DashboardSettings;
import dev.warmlane.settings.HistorySettings;
import dev.warmlane.settings.InvalidSettingException;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Puts the parts of the page together, so that they need not be public. */
public final class DashboardFactory {
    private static final String FILE = "warmlane-history.bin";

    private DashboardFactory() {}

    public static History history(HistorySettings settings) {
        return new History(PoolSum.figures(), EndpointSum.figures(), settings.maxEndpoints());
    }

    /** @param clock the time that people read */
    public static LiveFeed feed(
            EngineOverview overview,
            Pools pools,
            Bindings bindings,
            MeterRegistry registry,
            History history,
            DashboardSettings settings,
            InstantSource clock) {
        return new LiveFeed(overview, pools, bindings, registry, history, new Diagnosis(settings), clock);
    }

    /** @throws InvalidSettingException if the directory of the history cannot be written to */
    public static Sampling sampling(LiveFeed feed, History history, HistorySettings settings) {
        return new Sampling(feed, history, file(settings.directory()), settings.saveInterval());
    }

    private static @Nullable HistoryFile file(String directory) {
        if (directory.isEmpty()) {
            return null;
        }
        Path path = Path.of(directory);
        if (!Files.isDirectory(path) || !Files.isWritable(path)) {
            throw new InvalidSettingException(
                    "warmlane.history.directory", directory, "a directory that this process can write to");
        }
        return new HistoryFile(path.resolve(FILE));
    }
}
