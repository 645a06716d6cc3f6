package dev.warmlane.settings;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindHandlerAdvisor;
import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;

/**
 * Notes every setting under our prefix that binding looks for: those are the ones that exist. Finds others in the environment and
 * the system properties, where Spring Boot looks only for what it knows and would ignore a misspelt one.
 */
public final class SettingNames implements ConfigurationPropertiesBindHandlerAdvisor {
    static final String PREFIX = "warmlane";

    private static final String ENVIRONMENT_PREFIX = "WARMLANE_";
    private static final String PROPERTY_PREFIX = PREFIX + ".";

    /** Kubernetes sets these in every pod for a Service whose name starts like ours; they are nobody's settings. */
    private static final Pattern SERVICE_LINK = Pattern.compile(
            "WARMLANE(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)");

    private final Set<String> names = ConcurrentHashMap.newKeySet();

    @Override
    public BindHandler apply(BindHandler handler) {
        return new AbstractBindHandler(handler) {
            @Override
            public <T> @Nullable Bindable<T> onStart(
                    ConfigurationPropertyName name, Bindable<T> target, BindContext context) {
                if (name.getElement(0, ConfigurationPropertyName.Form.UNIFORM).equals(PREFIX)) {
                    names.add(canonical(name.toString()));
                }
                return super.onStart(name, target, context);
            }
        };
    }

    /** Whether a setting of this name exists, in whatever spelling: kebab case, camel case or that of the environment. */
    boolean exists(String name) {
        return names.contains(canonical(name));
    }

    /** The same for every spelling of a name: its letters and digits, in lower case. */
    static String canonical(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    /**
     * Checks the names of the environment and of properties; values are not looked at.
     *
     * @throws InvalidSettingException naming the first setting that does not exist
     */
    public void check(Map<String, String> environment, Iterable<String> propertyNames) {
        for (String name : environment.keySet()) {
            boolean ours = name.startsWith(ENVIRONMENT_PREFIX);
            if (ours && !exists(name) && !SERVICE_LINK.matcher(name).matches()) {
                throw unknown(name);
            }
        }
        for (String name : propertyNames) {
            if (name.startsWith(PROPERTY_PREFIX) && !exists(name)) {
                throw unknown(name);
            }
        }
    }

    private static InvalidSettingException unknown(String name) {
        return new InvalidSettingException(
                name, "unknown setting (expected: %s)".formatted(NearestSetting.insteadOf(name)));
    }
}
