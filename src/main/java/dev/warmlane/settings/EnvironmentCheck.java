package dev.warmlane.settings;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * Finds settings in the environment and the system properties that do not exist. Spring Boot looks there only for what it
 * knows, so it would ignore a misspelt one.
 */
public final class EnvironmentCheck {
    private static final String ENVIRONMENT_PREFIX = "WARMLANE_";
    private static final String PROPERTY_PREFIX = SettingNames.PREFIX + ".";

    /** Kubernetes sets these in every pod for a Service whose name starts like ours; they are nobody's settings. */
    private static final Pattern SERVICE_LINK = Pattern.compile(
            "WARMLANE(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)");

    private EnvironmentCheck() {}

    /**
     * Checks names only; values are not looked at.
     *
     * @throws InvalidSettingException naming the first setting that does not exist
     */
    public static void check(SettingNames names, Map<String, String> environment, Iterable<String> propertyNames) {
        for (String name : environment.keySet()) {
            boolean ours = name.startsWith(ENVIRONMENT_PREFIX);
            if (ours && !names.exists(name) && !SERVICE_LINK.matcher(name).matches()) {
                throw unknown(name);
            }
        }
        for (String name : propertyNames) {
            if (name.startsWith(PROPERTY_PREFIX) && !names.exists(name)) {
                throw unknown(name);
            }
        }
    }

    private static InvalidSettingException unknown(String name) {
        return new InvalidSettingException(
                name, "unknown setting (expected: %s)".formatted(NearestSetting.insteadOf(name)));
    }
}
