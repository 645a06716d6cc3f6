package dev.warmlane.metrics;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.health.EndpointHealth.EjectionReason;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import dev.warmlane.proxy.outcome.RequestOutcome.Result;
import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
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
            engine last reported, so that one scrape of the gateway covers all of them. Every replica has these for all engines, so take the
            maximum over the replicas before you add endpoints up: `sum by (pool) (max by (pool, endpoint) (…))`.

            | metric | kind | labels | what it measures |
            |---|---|---|---|
            """;

    private static final String VALUES = """

            ## Label values

            - `result` of requests: %s. `cancelled`: the client left; `failed`: the response broke off after it had begun,
              or ended with an error event of the engine.
            - `key`: %s; `outcome`: %s.
            - `state` of `warmlane_endpoints`: %s.
            - `reason` of `warmlane_ejections_total`: %s.
            - `reason` of `warmlane_retries_total`: %s.
            - `way` of `warmlane_prefill_decisions_total`: `transfer`, %s.
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
        return page.append(VALUES.formatted(
                        labels(Result.values(), Result::label),
                        labels(KeySource.values(), KeySource::label),
                        labels(Outcome.values(), Outcome::label),
                        labels(EndpointState.values(), EndpointState::label),
                        labels(EjectionReason.values(), EjectionReason::label),
                        Stream.of(FailureCause.values())
                                .map(cause -> cause.label().equals(cause.words())
                                        ? "`%s`".formatted(cause.label())
                                        : "`%s` (%s)".formatted(cause.label(), cause.words()))
                                .collect(Collectors.joining(", ")),
                        labels(PrefillBypass.values(), PrefillBypass::label)))
                .toString();
    }

    private static <E> String labels(E[] values, Function<E, String> label) {
        return Stream.of(values).map(label).distinct().collect(Collectors.joining("`, `", "`", "`"));
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
