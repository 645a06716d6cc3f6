package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Graceful shutdown.
 *
 * @param accept How long new requests are still accepted after SIGTERM, while readiness is 503 and load balancers take
 *     notice.
 * @param timeout How long requests may run on after warmlane.drain.accept. Longer ones are ended with an error.
 * @param farewell How long the errors of requests that were ended may take to reach their clients, and after that the last spans
 *     their collector.
 */
public record DrainSettings(
        @DefaultValue("10s") Duration accept,
        @DefaultValue("10m") Duration timeout,
        @DefaultValue("5s") Duration farewell) {

    public DrainSettings {
        Check.notNegative("warmlane.drain.accept", accept);
        Check.notNegative("warmlane.drain.timeout", timeout);
        Check.positive("warmlane.drain.farewell", farewell);
    }
}
