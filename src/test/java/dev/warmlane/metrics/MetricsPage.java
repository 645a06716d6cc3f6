package dev.warmlane.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** docs/metrics.md, as the meters have it. */
public final class MetricsPage {
    private static final String HEAD = """
            # Metrics

            The gateway's own metrics at `/actuator/prometheus` on the management port; Spring Boot's are there too. The page is generated
            by `MetricsPageTest`, and a test checks that a running gateway emits no metric of its own that is missing here.

            A histogram `x_seconds` has the series `x_seconds_bucket` (by `le`), `x_seconds_count`, `x_seconds_sum` and `x_seconds_max`,
            the maximum of the last minutes. Series of an endpoint are removed when it leaves. `warmlane_engine_*` is what each
            engine last reported, so that one scrape of the gateway covers all of them.

            | metric | kind | labels | what it measures |
            |---|---|---|---|
            """;

    private static final PrometheusNamingConvention NAMES = new PrometheusNamingConvention();

    private MetricsPage() {}

    /** All meters. */
    public static List<GatewayMeter> meters() {
        return Stream.<GatewayMeter[]>of(RequestMeter.values(), PoolMeter.values())
                .flatMap(Arrays::stream)
                .toList();
    }

    static String text() {
        StringBuilder page = new StringBuilder(HEAD);
        for (GatewayMeter meter : meters()) {
            page.append("| `%s` | %s | %s | %s |\n"
                    .formatted(
                            prometheusName(meter),
                            meter.kind().name().toLowerCase(Locale.ROOT),
                            String.join(", ", meter.labels()),
                            meter.description()));
        }
        return page.toString();
    }

    /** The name of its family as Prometheus knows it. */
    public static String prometheusName(GatewayMeter meter) {
        return switch (meter.kind()) {
            case COUNTER -> name(meter, Meter.Type.COUNTER, null) + "_total";
            // What the convention takes from a name is there again when it is written.
            case GAUGE ->
                name(meter, Meter.Type.GAUGE, null) + (meter.meterName().endsWith(".info") ? "_info" : "");
            case HISTOGRAM -> name(meter, Meter.Type.TIMER, "seconds");
        };
    }

    private static String name(GatewayMeter meter, Meter.Type type, @Nullable String unit) {
        return NAMES.name(meter.meterName(), type, unit);
    }
}
