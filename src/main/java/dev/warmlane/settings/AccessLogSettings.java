package dev.warmlane.settings;

import java.util.Set;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The access log: one JSON line a request.
 *
 * @param target off, stdout, or the path of a file
 * @param salt what pseudonyms of sessions and prompts are made with; empty: random, and new with every start
 * @param maxSize a file of this size becomes FILE.1
 * @param keptFiles full files that are kept: FILE.1, FILE.2 and so on
 * @param queue lines that may wait to be written; what comes on top is dropped and counted
 */
public record AccessLogSettings(
        @DefaultValue("off") String target,
        @DefaultValue("") String salt,
        @DefaultValue("100MB") DataSize maxSize,
        @DefaultValue("5") int keptFiles,
        @DefaultValue("4096") int queue) {

    /** The name of the setting that turns it on. */
    public static final String TARGET = "warmlane.access-log.target";

    /** In YAML, off is a way to say false. */
    private static final Set<String> OFF = Set.of("", "off", "false");

    private static final String STANDARD_OUTPUT = "stdout";

    public AccessLogSettings {
        Check.positive("warmlane.access-log.max-size", maxSize);
        Check.atLeast("warmlane.access-log.kept-files", keptFiles, 1);
        Check.atLeast("warmlane.access-log.queue", queue, 1);
    }

    /** Whether a target is one. */
    public static boolean isOn(String target) {
        return !OFF.contains(target);
    }

    public boolean isStandardOutput() {
        return target.equals(STANDARD_OUTPUT);
    }

    /** Keeps the salt out of logs. */
    @Override
    public String toString() {
        return "AccessLogSettings[target=" + target + "]";
    }
}
