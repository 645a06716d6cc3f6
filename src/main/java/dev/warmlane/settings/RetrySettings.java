package dev.warmlane.settings;

import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Failover to another endpoint before the first byte.
 *
 * @param maxRetries further endpoints that one request may try
 */
public record RetrySettings(@DefaultValue("2") int maxRetries) {

    public RetrySettings {
        Check.atLeast("warmlane.retry.max-retries", maxRetries, 0);
    }
}
