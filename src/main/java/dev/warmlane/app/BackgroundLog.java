package dev.warmlane.app;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.Appender;
import dev.warmlane.core.log.Counted;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the log on a thread of its own, so that whoever logs, which may be an event loop, never waits for whoever reads: a terminal that
 * is paused, or a log driver that hangs, would hold up every request. A bounded number of lines waits; those beyond it are lost, and the
 * log says how many once it is read again. Safe for concurrent use.
 */
final class BackgroundLog extends AsyncAppender {
    /** Lines that wait. */
    static final int MOST_LINES = 1024;

    /** What is left may take this long at the end. */
    private static final int FLUSH_MILLIS = 1000;

    private final Logger root;
    /** Guarded by this log. */
    private long lost;

    private BackgroundLog(Logger root, Appender<ILoggingEvent> target) {
        this.root = root;
        setContext(root.getLoggerContext());
        setName("background-" + target.getName());
        setQueueSize(MOST_LINES);
        setDiscardingThreshold(0);
        setNeverBlock(true);
        setMaxFlushTime(FLUSH_MILLIS);
        addAppender(target);
        start();
    }

    /**
     * Takes the place of all that this logger writes to.
     *
     * @param root the one above all others
     * @return writes what waits, for a second at most, and ends
     */
    static Runnable takeOver(Logger root) {
        List<Appender<ILoggingEvent>> targets = new ArrayList<>();
        root.iteratorForAppenders().forEachRemaining(targets::add);
        List<BackgroundLog> logs = new ArrayList<>();
        for (Appender<ILoggingEvent> target : targets) {
            BackgroundLog log = new BackgroundLog(root, target);
            root.addAppender(log);
            root.detachAppender(target);
            logs.add(log);
        }
        return () -> logs.forEach(BackgroundLog::stop);
    }

    /** One at a time, so that there is room for what is put in: the queue drops without a word what finds none. */
    @Override
    protected synchronized void append(ILoggingEvent event) {
        if (getRemainingCapacity() < (lost > 0 ? 2 : 1)) {
            lost++;
            return;
        }
        if (lost > 0) {
            Object[] lines = {Counted.of(lost, "line")};
            lost = 0;
            super.append(new LoggingEvent(
                    BackgroundLog.class.getName(), root, Level.WARN, "log: {} lost, as nobody read them", null, lines));
        }
        super.append(event);
    }
}
