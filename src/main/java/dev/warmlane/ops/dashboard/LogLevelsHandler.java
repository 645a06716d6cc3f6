package dev.warmlane.ops.dashboard;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggerConfiguration;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.util.ClassUtils;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/**
 * Log levels at run time, until the next start. Of the gateway's own loggers alone: those of the libraries would log prompts and
 * keys.
 */
final class LogLevelsHandler {
    private static final Logger log = LoggerFactory.getLogger(LogLevelsHandler.class);
    private static final String OWN = "dev.warmlane";
    private static final String LEVEL =
            "{\"logger\": \"dev.warmlane...\", \"level\": \"debug\", \"info\", ... or none}";

    private final LoggingSystem logging;
    private final boolean readOnly;

    LogLevelsHandler(LoggingSystem logging, boolean readOnly) {
        this.logging = logging;
        this.readOnly = readOnly;
    }

    /** The levels that are set, by logger. */
    Mono<ServerResponse> levels(ServerRequest request) {
        Map<String, String> levels = new LinkedHashMap<>();
        for (LoggerConfiguration logger : logging.getLoggerConfigurations()) {
            if (isOwn(logger.getName()) && logger.getConfiguredLevel() != null) {
                levels.put(logger.getName(), logger.getConfiguredLevel().name());
            }
        }
        return PageBodies.json(levels);
    }

    /** Sets the level of one logger; without a level, it is that of its parent again. */
    Mono<ServerResponse> change(ServerRequest request) {
        if (readOnly) {
            return Mono.error(PageSecurity.readOnly());
        }
        return PageBodies.body(request, LEVEL).flatMap(wanted -> {
            change(wanted);
            return levels(request);
        });
    }

    private void change(JsonNode wanted) {
        String logger = wanted.path("logger").asString("");
        if (!isOwn(logger) || !isKnown(logger)) {
            throw PageBodies.malformed("logger " + logger, LEVEL);
        }
        LogLevel level = level(wanted.path("level").asString(""));
        logging.setLogLevel(logger, level);
        log.info("log level of {} is now {}", logger, level == null ? "that of its parent" : level);
    }

    /** Whether it is there already, or a class will log by it: a logger that is made stays, so there must be an end to their names. */
    private boolean isKnown(String logger) {
        return logging.getLoggerConfiguration(logger) != null
                || ClassUtils.isPresent(logger, LogLevelsHandler.class.getClassLoader());
    }

    private static boolean isOwn(String logger) {
        return logger.equals(OWN) || logger.startsWith(OWN + ".");
    }

    private static @Nullable LogLevel level(String name) {
        try {
            return name.isEmpty() ? null : LogLevel.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            throw PageBodies.malformed("level " + name, LEVEL);
        }
    }
}
