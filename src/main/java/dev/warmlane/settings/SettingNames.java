package dev.warmlane.settings;

import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindHandlerAdvisor;
import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;

/** Notes every setting under our prefix that binding looks for: those are the ones that exist. */
public final class SettingNames implements ConfigurationPropertiesBindHandlerAdvisor {
    static final String PREFIX = "warmlane";

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
}
