package dev.warmlane.proxy.http;

import dev.warmlane.settings.LimitSettings;
import java.time.Duration;
import org.springframework.util.unit.DataSize;

/** The limits of a gateway whose settings say nothing of them, for tests. */
final class DefaultLimits {
    private DefaultLimits() {}

    static LimitSettings withHeaderTimeout(Duration headerTimeout) {
        return new LimitSettings(
                DataSize.ofMegabytes(32),
                DataSize.ofKilobytes(64),
                128,
                DataSize.ofBytes(0),
                false,
                headerTimeout,
                Duration.ofMinutes(1),
                DataSize.ofKilobytes(1),
                10_000,
                0,
                250,
                DataSize.ofMegabytes(1),
                Duration.ofSeconds(5),
                Duration.ofSeconds(75));
    }
}
