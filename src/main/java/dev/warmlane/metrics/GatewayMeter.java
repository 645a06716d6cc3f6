package dev.warmlane.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * One meter of the gateway. Labels take few values: pools come from the settings, endpoints are removed when they leave, all
 * others are closed sets.
 */
public interface GatewayMeter {
    /** What it measures, and with what. */
    Spec spec();

    /** The name in Micrometer's spelling; Prometheus' has underscores and ends in the unit. */
    default String meterName() {
        return spec().name;
    }

    default Kind kind() {
        return spec().kind;
    }

    default String description() {
        return spec().description;
    }

    default List<String> labels() {
        return spec().labels;
    }

    /** Upper bounds of its buckets in seconds, ascending; empty for what is no histogram. */
    default double[] bucketSeconds() {
        Buckets buckets = spec().buckets;
        return buckets == null ? new double[0] : buckets.seconds();
    }

    /** @param values one for each label */
    default Counter counter(MeterRegistry registry, String... values) {
        return Counter.builder(meterName())
                .description(description())
                .tags(tags(values))
                .register(registry);
    }

    /** A counter that shows what another counts; holds it weakly. */
    default <T> FunctionCounter counter(
            MeterRegistry registry, T counted, ToDoubleFunction<T> count, String... values) {
        return FunctionCounter.builder(meterName(), counted, count)
                .description(description())
                .tags(tags(values))
                .register(registry);
    }

    /** A gauge that holds what it measures. */
    default <T> Gauge gauge(MeterRegistry registry, T measured, ToDoubleFunction<T> value, String... values) {
        return Gauge.builder(meterName(), measured, value)
                .description(description())
                .tags(tags(values))
                .strongReference(true)
                .register(registry);
    }

    /** Gauges whose labels come and go, each with {@link #tags}. */
    default MultiGauge gauges(MeterRegistry registry) {
        return MultiGauge.builder(meterName()).description(description()).register(registry);
    }

    /** A timer with the buckets that suit it. */
    default Timer timer(MeterRegistry registry, String... values) {
        Buckets buckets = spec().buckets;
        if (buckets == null) {
            throw new IllegalStateException("%s: %s (expected: a histogram)".formatted(meterName(), kind()));
        }
        return Timer.builder(meterName())
                .description(description())
                .tags(tags(values))
                .serviceLevelObjectives(buckets.bounds())
                .register(registry);
    }

    /** @throws IllegalArgumentException unless there is one value for each label */
    default Tags tags(String... values) {
        if (values.length != labels().size()) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: values for %s)".formatted(meterName(), List.of(values), labels()));
        }
        Tags tags = Tags.empty();
        for (int i = 0; i < values.length; i++) {
            tags = tags.and(labels().get(i), values[i]);
        }
        return tags;
    }

    /** What a meter measures, and with what. Immutable. */
    final class Spec {
        private static final String PREFIX = "warmlane.";

        private final Kind kind;
        private final @Nullable Buckets buckets;
        private final String name;
        private final String description;
        private final List<String> labels;

        private Spec(Kind kind, @Nullable Buckets buckets, String name, String description, String... labels) {
            this.kind = kind;
            this.buckets = buckets;
            this.name = PREFIX + name;
            this.description = description;
            this.labels = List.of(labels);
        }

        static Spec of(Kind kind, String name, String description, String... labels) {
            return new Spec(kind, null, name, description, labels);
        }

        static Spec of(Buckets buckets, String name, String description, String... labels) {
            return new Spec(Kind.HISTOGRAM, buckets, name, description, labels);
        }
    }

    /** What a meter measures with. */
    enum Kind {
        COUNTER,
        GAUGE,
        /** A timer, whose buckets are in seconds. */
        HISTOGRAM
    }

    /** Upper bounds of histogram buckets. Those of times that vLLM measures too are vLLM's, so that both can be laid side by side. */
    enum Buckets {
        /** As vllm:time_to_first_token_seconds. */
        FIRST_TOKEN(
                0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160,
                640),
        /** As vllm:inter_token_latency_seconds, and finer below, where several chunks come at once. */
        CHUNK_GAP(
                0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
                80),
        /** As vllm:e2e_request_latency_seconds, and finer below, where requests are refused. */
        WHOLE_REQUEST(
                0.01, 0.05, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960,
                1920),
        /** From what a short request costs to what nothing but a stalled process explains. */
        OVERHEAD(0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1);

        private static final double NANOS_PER_SECOND = 1e9;

        @SuppressWarnings("ImmutableEnumChecker") // only copies are handed out
        private final double[] seconds;

        Buckets(double... seconds) {
            this.seconds = seconds;
        }

        double[] seconds() {
            return seconds.clone();
        }

        Duration[] bounds() {
            return Arrays.stream(seconds)
                    .mapToObj(bound -> Duration.ofNanos(Math.round(bound * NANOS_PER_SECOND)))
                    .toArray(Duration[]::new);
        }
    }
}
