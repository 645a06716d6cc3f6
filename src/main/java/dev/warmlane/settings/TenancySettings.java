package dev.warmlane.settings;

import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Tenants that share endpoints and nothing else.
 *
 * @param secretFile File of at least 32 random bytes, the same for all replicas. If set, tenants share neither cache nor
 *     sessions nor stored responses. Needs warmlane.auth.
 * @param serveUnsalted Whether to serve paths on which engines ignore cache_salt, so that tenants share a cache there.
 */
public record TenancySettings(
        @DefaultValue("") String secretFile,
        @DefaultValue("false") boolean serveUnsalted) {

    /** Whether tenants are told apart. */
    public boolean enabled() {
        return !secretFile.isEmpty();
    }
}
