package dev.warmlane.ops.dashboard;

import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.WarmlaneSettings.HistorySettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Drives the feed once a second and saves the history now and then, on one thread of its own. */
public final class Sampling implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Sampling.class);

    /** In the directory of the history. */
    private static final String FILE = "warmlane-history.bin";

    private final LiveFeed feed;
    private final History history;
    private final @Nullable HistoryFile file;
    private final Duration saveInterval;
    private boolean failing;
    private boolean unsaved;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread started = new Thread(task, "warmlane-sampling");
        started.setDaemon(true);
        return started;
    });

    /** @throws InvalidSettingException if the directory of the history cannot be written to */
    public Sampling(LiveFeed feed, History history, HistorySettings settings) {
        this.feed = feed;
        this.history = history;
        this.file = file(settings.directory());
        this.saveInterval = settings.saveInterval();
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

    /** Loads what was saved and starts; once. A history that cannot be read is moved aside, and a new one begins. */
    @SuppressWarnings("FutureReturnValueIgnored") // Both run until the thread ends, and neither throws.
    public void start() {
        if (file != null) {
            load(file);
            long millis = saveInterval.toMillis();
            thread.scheduleWithFixedDelay(this::save, millis, millis, TimeUnit.MILLISECONDS);
        }
        thread.scheduleAtFixedRate(this::tick, 0, 1, TimeUnit.SECONDS);
    }

    /** Stops, ends the pages' streams and saves. */
    @Override
    public void close() {
        thread.shutdown();
        feed.complete();
        save();
    }

    private void load(HistoryFile saved) {
        try {
            saved.load(history);
        } catch (IOException e) {
            try {
                log.warn(
                        "history: it cannot be read and begins anew; the old file is now {}: {}",
                        saved.setAside(),
                        e.toString());
            } catch (IOException second) {
                log.warn(
                        "history: it can be neither read nor moved, so the next save replaces it: {}, {}",
                        e,
                        second.toString());
            }
        }
    }

    private void tick() {
        try {
            feed.tick();
            failing = false;
        } catch (RuntimeException e) {
            // An exception would end the schedule, and with it the page, for good. What fails every second is told
            // once.
            if (!failing) {
                failing = true;
                log.warn("dashboard: no sample this second", e);
            }
        }
    }

    /** Locked, because closing saves while the thread may be at it. */
    private synchronized void save() {
        if (file == null) {
            return;
        }
        try {
            file.save(history);
            if (unsaved) {
                log.info("history: saved again");
            }
            unsaved = false;
        } catch (IOException e) {
            if (!unsaved) {
                log.warn("history: not saved: {}", e.toString());
            }
            unsaved = true;
        }
    }
}
