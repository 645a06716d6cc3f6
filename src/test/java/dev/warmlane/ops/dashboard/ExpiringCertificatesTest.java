package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.ops.dashboard.LiveFeed.ExpiringCertificates;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ExpiringCertificatesTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    /** As Spring Boot's binder has it. */
    private void chain(String bundle, String alias, Duration left) {
        TimeGauge.builder("ssl.chain.expiry", left::toSeconds, TimeUnit.SECONDS)
                .tags("bundle", bundle, "chain", alias)
                .register(registry);
    }

    @Test
    void namesTheBundlesThatExpireWithinAWeek() {
        chain("late", "a", Duration.ofDays(8));
        chain("soon", "a", Duration.ofDays(30));
        chain("soon", "b", Duration.ofDays(6));
        chain("over", "a", Duration.ofDays(-1));

        assertThat(new ExpiringCertificates(registry).bundles()).containsExactly("over", "soon");
    }

    @Test
    void withoutBundlesNoneExpires() {
        assertThat(new ExpiringCertificates(registry).bundles()).isEmpty();
    }
}
