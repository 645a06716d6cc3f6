package dev.warmlane.core.health;

import java.time.Duration;

/** The rules of the default settings. */
final class Rules {
    private Rules() {}

    static HealthRules defaults() {
        return withSlowStart(Duration.ofSeconds(30));
    }

    static HealthRules withSlowStart(Duration slowStart) {
        return new HealthRules(
                true,
                5,
                0.8,
                5,
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                Duration.ofSeconds(300),
                Duration.ofSeconds(30),
                3,
                2,
                slowStart);
    }
}
