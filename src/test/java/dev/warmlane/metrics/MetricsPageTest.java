package dev.warmlane.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Mend the page by {@code ./mvnw test -Dtest=MetricsPageTest -Dmetrics.write=true}. */
class MetricsPageTest {
    private static final Path PAGE = Path.of("docs/metrics.md");

    @Test
    void thePageHasEveryMeter() throws IOException {
        if (Boolean.getBoolean("metrics.write")) {
            Files.writeString(PAGE, MetricsPage.text());
        }
        assertThat(Files.readString(PAGE)).isEqualTo(MetricsPage.text());
    }

    @Test
    void namesFollowPrometheus() {
        assertThat(MetricsPage.meters()).allSatisfy(meter -> {
            assertThat(meter.meterName()).matches("warmlane(\\.[a-z]+)+").doesNotEndWith(".total");
            assertThat(MetricsPage.prometheusName(meter)).matches("warmlane(_[a-z]+)+");
            assertThat(meter.description()).isNotBlank();
        });
    }
}
