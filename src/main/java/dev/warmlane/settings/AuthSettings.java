package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who may come in. Everybody, unless one of these is set.
 *
 * @param keysFile a file of hashed API keys; empty: none
 * @param reload how often the file is looked at for changes
 * @param oidc an identity provider whose tokens are accepted
 */
public record AuthSettings(
        @DefaultValue("") String keysFile,
        @DefaultValue("10s") Duration reload,
        @DefaultValue @NestedConfigurationProperty OidcSettings oidc) {

    public AuthSettings {
        Check.positive("warmlane.auth.reload", reload);
    }

    /** Whether anybody is asked who they are. */
    public boolean enabled() {
        return !keysFile.isEmpty() || oidc.enabled();
    }
}
