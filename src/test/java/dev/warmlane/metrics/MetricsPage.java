package dev.warmlane.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** docs/metrics.md, as the meters have it. */
public final class MetricsPage {
    private static final String HEAD = """
            # Metrics

            What `/actuator/prometheus` on the management port says of the gateway, beside Spring Boot's own metrics.
            Written from the code by `MetricsPageTest`; a running gateway is tested to emit nothing of its own that is not here.

            A histogram `x_seconds` has `x_seconds_bucket` by `le`, `x_seconds_count`, `x_seconds_sum` and `x_seconds_max`, the
            largest of the last minutes. Series of an endpoint are removed when it leaves. `warmlane_engine_*` is what the engines
            last said of themselves, so that one scrape of the gateway shows all of them.

            | metric | kind | labels | what |
            |---|---|---|---|
            """;

    private static final PrometheusNamingConvention NAMES = new PrometheusNamingConvention();

    private MetricsPage() {}

    static String text() {
        StringBuilder page = new StringBuilder(HEAD);
        for (GatewayMeter meter : GatewayMeter.values()) {
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
            case GAUGE -> name(meter, Meter.Type.GAUGE, null);
            case HISTOGRAM -> name(meter, Meter.Type.TIMER, "seconds");
        };
    }

    private static String name(GatewayMeter meter, Meter.Type type, @Nullable String unit) {
        return NAMES.name(meter.meterName(), type, unit);
    }
}
