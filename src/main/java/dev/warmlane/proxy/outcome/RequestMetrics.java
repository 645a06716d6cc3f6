package dev.warmlane.proxy.outcome;

import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.outcome.RequestOutcome.OutcomeListener;
import dev.warmlane.proxy.outcome.RequestOutcome.Result;
import dev.warmlane.settings.PoolSettings;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/** Counts and times requests that are over, by pool and result. Safe for concurrent use. */
public final class RequestMetrics implements OutcomeListener {
    private final MeterRegistry registry;
    private final ConcurrentHashMap<String, Map<Result, Meters>> meters = new ConcurrentHashMap<>();

    private record Meters(Counter requests, Timer durations) {}

    /** Counts into this registry. */
    public RequestMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void ended(RequestOutcome outcome) {
        RequestProgress progress = outcome.progress();
        long nanos = progress == null ? outcome.durationNanos() : progress.ageNanos();
        Meters ended = meters(outcome.pool(), outcome.result());
        ended.requests().increment();
        ended.durations().record(nanos, TimeUnit.NANOSECONDS);
    }

    /** It has no duration. */
    @Override
    public void malformed(String requestId, ApiException error) {
        meters(PoolSettings.NO_POOL, Result.ofStatus(error.status().value()))
                .requests()
                .increment();
    }

    private Meters meters(String pool, Result result) {
        return meters.computeIfAbsent(pool, name -> new ConcurrentHashMap<>())
                .computeIfAbsent(
                        result,
                        of -> new Meters(
                                RequestMeter.REQUESTS.counter(registry, pool, of.label()),
                                RequestMeter.REQUEST_DURATION.timer(registry, pool, of.label())));
    }

    /**
     * Counts requests that are over, and their tokens, by the model that served them. Models that nobody serves and those beyond
     * {@value #MOST} count together; one that is served no more makes room for another. Safe for concurrent use.
     */
    public static final class ModelMetrics implements OutcomeListener {
        static final int MOST = 64;
        static final String OTHER = "other";

        /** With more served models than meters, only some of their requests check whether there is room by now. */
        private static final int LOOKS_AT_FIRST = 16;

        private static final int LOOK_EACH = 256;

        private final MeterRegistry registry;
        private final Predicate<String> served;
        private final ModelMeters other;
        private final Map<String, ModelMeters> meters = new ConcurrentHashMap<>();
        /** Requests for served models without room since one was let in. */
        private final AtomicLong crowdedOut = new AtomicLong();

        /** @param served whether a model is served by now; asked often, from any thread */
        public ModelMetrics(MeterRegistry registry, Predicate<String> served) {
            this.registry = registry;
            this.served = served;
            this.other = new ModelMeters(registry, OTHER);
        }

        @Override
        public void ended(RequestOutcome outcome) {
            String model = outcome.model();
            RequestProgress progress = outcome.progress();
            if (model != null && progress != null) {
                count(model, outcome.result(), progress);
            }
            String name = outcome.askedModel();
            if (outcome.isFallback() && name != null) {
                RequestMeter.MODEL_FALLBACKS.counter(registry, name).increment();
            }
        }

        void count(String model, Result result, RequestProgress progress) {
            ModelMeters of = meters.get(model);
            (of == null ? enter(model) : of).count(result, progress);
        }

        private ModelMeters enter(String model) {
            if (!served.test(model)) {
                return other;
            }
            long before = crowdedOut.getAndIncrement();
            return before > LOOKS_AT_FIRST && before % LOOK_EACH != 0 ? other : makeRoom(model);
        }

        private synchronized ModelMeters makeRoom(String model) {
            if (meters.size() >= MOST) {
                meters.forEach((name, of) -> {
                    if (!served.test(name) && meters.remove(name, of)) {
                        of.remove();
                    }
                });
            }
            if (meters.size() >= MOST) {
                return other;
            }
            crowdedOut.set(0);
            return meters.computeIfAbsent(model, name -> new ModelMeters(registry, name));
        }

        private static final class ModelMeters {
            private final MeterRegistry registry;
            private final Map<Result, Counter> requests = new EnumMap<>(Result.class);
            private final Counter promptTokens;
            private final Counter cachedTokens;
            private final Counter outputTokens;
            private final Timer firstToken;

            ModelMeters(MeterRegistry registry, String model) {
                this.registry = registry;
                for (Result result : Result.values()) {
                    requests.put(result, RequestMeter.MODEL_REQUESTS.counter(registry, model, result.label()));
                }
                promptTokens = RequestMeter.MODEL_TOKENS.counter(registry, model, "prompt");
                cachedTokens = RequestMeter.MODEL_TOKENS.counter(registry, model, "cached");
                outputTokens = RequestMeter.MODEL_TOKENS.counter(registry, model, "output");
                firstToken = RequestMeter.MODEL_TTFT.timer(registry, model);
            }

            void count(Result result, RequestProgress progress) {
                Objects.requireNonNull(requests.get(result)).increment();
                if (progress.isStream() && progress.firstByteNanos() != RequestProgress.NEVER) {
                    firstToken.record(progress.firstByteNanos(), TimeUnit.NANOSECONDS);
                }
                UsageReport usage = progress.usage();
                if (usage != null) {
                    promptTokens.increment((double) usage.promptTokens());
                    outputTokens.increment((double) usage.outputTokens());
                    Long cached = usage.cachedTokens();
                    cachedTokens.increment(cached == null ? 0 : (double) cached);
                }
            }

            void remove() {
                List<Meter> all = new ArrayList<>(requests.values());
                all.addAll(List.of(promptTokens, cachedTokens, outputTokens, firstToken));
                all.forEach(registry::remove);
            }
        }
    }
}
