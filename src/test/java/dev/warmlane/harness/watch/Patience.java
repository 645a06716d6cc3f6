package dev.warmlane.harness.watch;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * How long a test that waits for something waits for it where it does not say, and how soon it sees it: a busy machine is no
 * failure, and a tenth of a second at each of many waits is minutes. Registered for all.
 */
public final class Patience implements BeforeAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
        Awaitility.setDefaultPollDelay(Duration.ofMillis(1));
        Awaitility.setDefaultPollInterval(Duration.ofMillis(15));
    }
}
