package dev.warmlane.ops.dashboard;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** Finds the SSL bundles with a certificate that expires within a week, by the gauges that Spring Boot has of them. */
final class ExpiringCertificates {
    private static final String EXPIRY = "ssl.chain.expiry";
    private static final double SOON_DAYS = 7;

    private final MeterRegistry registry;

    ExpiringCertificates(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Their names, in order. */
    List<String> bundles() {
        TreeSet<String> bundles = new TreeSet<>();
        for (TimeGauge gauge : registry.find(EXPIRY).timeGauges()) {
            String bundle = gauge.getId().getTag("bundle");
            if (bundle != null && gauge.value(TimeUnit.DAYS) < SOON_DAYS) {
                bundles.add(bundle);
            }
        }
        return new ArrayList<>(bundles);
    }
}
