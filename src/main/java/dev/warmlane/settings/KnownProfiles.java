package dev.warmlane.settings;

import java.util.List;
import org.springframework.boot.context.event.ApplicationContextInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.PropertySource;

/** Refuses a profile that nothing is configured for: a mistyped one would leave its settings out and say nothing. */
final class KnownProfiles implements ApplicationListener<ApplicationContextInitializedEvent> {
    private static final String ACTIVE = "spring.profiles.active";

    /** Those that beans ask for, and need no file. */
    private static final List<String> OF_BEANS = List.of("demo", "quiet");

    /** @throws InvalidSettingException naming the profile */
    @Override
    public void onApplicationEvent(ApplicationContextInitializedEvent event) {
        ConfigurableEnvironment environment = event.getApplicationContext().getEnvironment();
        for (String profile : environment.getActiveProfiles()) {
            if (!OF_BEANS.contains(profile) && !isConfigured(environment, profile)) {
                throw new InvalidSettingException(
                        ACTIVE,
                        profile,
                        "a profile with a file application-%s.yaml, such as demo or kubernetes".formatted(profile));
            }
        }
    }

    /** By a file, by a part of a file, or as the name of a group. */
    private static boolean isConfigured(ConfigurableEnvironment environment, String profile) {
        if (environment.containsProperty("spring.profiles.group." + profile)
                || environment.containsProperty("spring.profiles.group." + profile + "[0]")) {
            return true;
        }
        for (PropertySource<?> source : environment.getPropertySources()) {
            Object parts = source.getProperty("spring.config.activate.on-profile");
            if (source.getName().contains("application-" + profile + ".")
                    || (parts != null && parts.toString().contains(profile))) {
                return true;
            }
        }
        return false;
    }
}
