package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who may send requests: everybody, unless a file of keys or an identity provider is set.
 *
 * @param keysFile File of hashed API keys, such as a mounted Secret. Empty: none.
 * @param reload Time between two checks of warmlane.auth.keys-file for changes.
 * @param outputTokens Generated tokens that are reserved of a client's tokens-per-minute for a request that names no maximum, until it
 *     ends.
 * @param oidc the identity provider whose tokens are accepted
 */
public record AuthSettings(
        @DefaultValue("") String keysFile,
        @DefaultValue("10s") Duration reload,
        @DefaultValue("512") int outputTokens,
        @DefaultValue @NestedConfigurationProperty OidcSettings oidc) {

    public AuthSettings {
        Check.positive("warmlane.auth.reload", reload);
        Check.atLeast("warmlane.auth.output-tokens", outputTokens, 0);
    }

    /** Whether anybody is asked who they are. */
    public boolean enabled() {
        return !keysFile.isEmpty() || oidc.enabled();
    }
}
