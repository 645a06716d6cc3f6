package dev.warmlane.settings;

import dev.warmlane.settings.InvalidSettingException.Check;
import java.util.Locale;
import java.util.Set;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The access log: one JSON line a request.
 *
 * @param target Where the access log goes: off, stdout, or the path of a file. It has one JSON line a request.
 * @param salt Secret salt of the pseudonyms of sessions and prompts. Empty: random at each start, so pseudonyms cannot be
 *     compared across restarts.
 * @param maxSize Size at which the access log's file is rotated to FILE.1.
 * @param keptFiles Number of rotated files to keep: FILE.1, FILE.2 and so on.
 * @param queue Lines that may wait to be written. Lines beyond it are dropped and counted.
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

    /** Nobody means a file by these. */
    private static final Set<String> NO_FILES = Set.of("on", "true", "yes", "stderr", "console");

    /** A line or two. */
    private static final DataSize SMALLEST = DataSize.ofKilobytes(1);

    /** All are renamed when one is full. */
    private static final int MOST_FILES = 10_000;

    /** Room for so many is made at the start. */
    private static final int MOST_LINES = 1_000_000;

    public AccessLogSettings {
        if (NO_FILES.contains(target.toLowerCase(Locale.ROOT))) {
            throw new InvalidSettingException(
                    "warmlane.access-log.target", target, "off, stdout or the path of a file");
        }
        if (target.contains("%")) {
            throw new InvalidSettingException("warmlane.access-log.target", target, "a path without %");
        }
        if (maxSize.compareTo(SMALLEST) < 0) {
            throw new InvalidSettingException(
                    "warmlane.access-log.max-size", maxSize, "at least " + InvalidSettingException.text(SMALLEST));
        }
        Check.between("warmlane.access-log.kept-files", keptFiles, 1, MOST_FILES);
        Check.between("warmlane.access-log.queue", queue, 1, MOST_LINES);
    }

    /** Whether a target is one. */
    public static boolean isOn(String target) {
        return !OFF.contains(target);
    }

    /** Whether lines go to standard output instead of a file. */
    public boolean isStandardOutput() {
        return target.equals(STANDARD_OUTPUT);
    }

    /** Keeps the salt out of logs. */
    @Override
    public String toString() {
        return "AccessLogSettings[target=" + target + "]";
    }
}
