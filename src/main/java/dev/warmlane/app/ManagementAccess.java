package dev.warmlane.app;

import dev.warmlane.ops.actuator.ManagementGuard;
import dev.warmlane.settings.AuthSettings.ManagementSettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.WarmlaneSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.web.server.Ssl.ClientAuth;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** Who may use the management port; in that port's own context alone. */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
@ConditionalOnBean(WarmlaneSettings.class)
class ManagementAccess {

    @Bean
    ManagementGuard managementGuard(WarmlaneSettings settings, Environment environment) {
        ClientAuth asked =
                environment.getProperty("management.server.ssl.client-auth", ClientAuth.class, ClientAuth.NONE);
        return new ManagementGuard(
                key(settings.management()),
                asked != ClientAuth.NONE,
                settings.management().allowedHosts());
    }

    private static @Nullable String key(ManagementSettings settings) {
        if (settings.keyFile().isEmpty()) {
            return settings.key().isEmpty() ? null : settings.key();
        }
        String setting = "warmlane.management.key-file";
        try {
            String key = Files.readString(Path.of(settings.keyFile())).stripTrailing();
            return ManagementSettings.checkKey(setting, key);
        } catch (IOException | InvalidPathException e) {
            throw new InvalidSettingException(setting, settings.keyFile(), "a file that can be read");
        }
    }
}
