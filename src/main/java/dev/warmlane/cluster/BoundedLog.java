package dev.warmlane.cluster;

import dev.warmlane.core.log.LogRateLimit;
import java.util.Locale;
import org.jgroups.logging.CustomLogFactory;
import org.jgroups.logging.Log;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one class of JGroups logs: warnings and errors at most once a minute, the others of that minute at debug level. What
 * JGroups thinks is informative, such as every view, is for those who debug it.
 */
final class BoundedLog implements Log {
    /** How its warning begins that it could not say goodbye to a replica that is gone; who has left is said once, elsewhere. */
    private static final String NO_GOODBYE = "failed sending graceful close";

    private final Logger logger;
    private final LogRateLimit limit = LogRateLimit.oncePerMinute();

    private BoundedLog(Logger logger) {
        this.logger = logger;
    }

    /** Makes JGroups log this way, from the next class of it on that is loaded. */
    static CustomLogFactory factory() {
        return new CustomLogFactory() {
            @Override
            public Log getLog(Class<?> type) {
                return new BoundedLog(LoggerFactory.getLogger(type));
            }

            @Override
            public Log getLog(String category) {
                return new BoundedLog(LoggerFactory.getLogger(category));
            }
        };
    }

    private void bounded(String message, @Nullable Throwable cause) {
        int leftOut = message.startsWith(NO_GOODBYE) ? LogRateLimit.LEFT_OUT : limit.next();
        if (leftOut == LogRateLimit.LEFT_OUT) {
            logger.debug(message, cause);
        } else {
            logger.warn(LogRateLimit.text(message, leftOut), cause);
        }
    }

    private static String text(String format, @Nullable Object... args) {
        try {
            return String.format(Locale.ROOT, format, args);
        } catch (RuntimeException e) {
            return format;
        }
    }

    @Override
    public boolean isFatalEnabled() {
        return logger.isWarnEnabled();
    }

    @Override
    public boolean isErrorEnabled() {
        return logger.isWarnEnabled();
    }

    @Override
    public boolean isWarnEnabled() {
        return logger.isWarnEnabled();
    }

    @Override
    public boolean isInfoEnabled() {
        return logger.isDebugEnabled();
    }

    @Override
    public boolean isDebugEnabled() {
        return logger.isDebugEnabled();
    }

    @Override
    public boolean isTraceEnabled() {
        return logger.isTraceEnabled();
    }

    @Override
    public void fatal(String message) {
        bounded(message, null);
    }

    @Override
    public void fatal(String format, Object... args) {
        bounded(text(format, args), null);
    }

    @Override
    public void fatal(String message, Throwable cause) {
        bounded(message, cause);
    }

    @Override
    public void error(String message) {
        bounded(message, null);
    }

    @Override
    public void error(String format, Object... args) {
        bounded(text(format, args), null);
    }

    @Override
    public void error(String message, Throwable cause) {
        bounded(message, cause);
    }

    @Override
    public void warn(String message) {
        bounded(message, null);
    }

    @Override
    public void warn(String format, Object... args) {
        bounded(text(format, args), null);
    }

    @Override
    public void warn(String message, Throwable cause) {
        bounded(message, cause);
    }

    @Override
    public void info(String message) {
        logger.debug(message);
    }

    @Override
    public void info(String format, Object... args) {
        debug(format, args);
    }

    @Override
    public void debug(String message) {
        logger.debug(message);
    }

    @Override
    public void debug(String format, Object... args) {
        if (logger.isDebugEnabled()) {
            logger.debug(text(format, args));
        }
    }

    @Override
    public void debug(String message, Throwable cause) {
        logger.debug(message, cause);
    }

    @Override
    public void trace(Object message) {
        logger.trace("{}", message);
    }

    @Override
    public void trace(String message) {
        logger.trace(message);
    }

    @Override
    public void trace(String format, Object... args) {
        if (logger.isTraceEnabled()) {
            logger.trace(text(format, args));
        }
    }

    @Override
    public void trace(String message, Throwable cause) {
        logger.trace(message, cause);
    }

    /** The level is that of the application's logging, and set there. */
    @Override
    public void setLevel(String level) {}

    @Override
    public String getLevel() {
        return logger.isTraceEnabled() ? "trace" : logger.isDebugEnabled() ? "debug" : "warn";
    }
}
