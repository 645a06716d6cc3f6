package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who may send requests: everybody, unless a file of keys or an identity provider is set.
 *
 * @param keysFile File of hashed API keys, such as a mounted Secret. Empty: none.
 * @param reload Time between two checks of warmlane.auth.keys-file for changes.
 * @param oidc the identity provider whose tokens are accepted
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
