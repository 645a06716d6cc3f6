package dev.warmlane.app;

import dev.warmlane.settings.SettingNames;
import dev.warmlane.settings.WarmlaneSettings;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Stops the start at a setting that does not exist, wherever it was given. */
@Configuration(proxyBeanMethods = false)
class SettingsConfiguration {

    @Bean
    static SettingNames settingNames() {
        return new SettingNames();
    }

    /** Depends on the settings, so that by then every name that exists has been looked for. */
    @Bean
    InitializingBean environmentCheck(SettingNames names, WarmlaneSettings settings) {
        return () -> names.check(System.getenv(), System.getProperties().stringPropertyNames());
    }
}
