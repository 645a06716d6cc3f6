package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the gateway ends once it is told to.
 *
 * @param accept how long it still takes new requests while it says that it is not ready, so that load balancers learn it
 * @param timeout how long requests may run on after that
 * @param farewell how long the errors that end the others may take to reach their clients
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
