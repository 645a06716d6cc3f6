package dev.warmlane.settings;

import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Tenants that share engines and nothing else.
 *
 * @param secretFile a file of at least 32 random bytes, the same for all replicas; tenants are told apart if it is set
 * @param serveUnsalted whether to serve paths too on which engines ignore cache_salt and so share their cache
 */
public record TenancySettings(
        @DefaultValue("") String secretFile,
        @DefaultValue("false") boolean serveUnsalted) {

    /** Whether tenants are told apart. */
    public boolean enabled() {
        return !secretFile.isEmpty();
    }
}
