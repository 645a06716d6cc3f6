package dev.warmlane.proxy.outcome;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.proxy.outcome.RequestMetrics.ModelMetrics;
import dev.warmlane.proxy.outcome.RequestOutcome.Result;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ModelMetricsTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Set<String> served = new HashSet<>();
    private final ModelMetrics metrics = new ModelMetrics(registry, served::contains);

    @Test
    void countsRequestsAndTokensOfEachModel() {
        served.add("a");
        end("a", new UsageReport(100, 7, 64L));
        end("a", null);
        assertThat(requests("a")).isEqualTo(2);
        assertThat(tokens("a", "prompt")).isEqualTo(100);
        assertThat(tokens("a", "cached")).isEqualTo(64);
        assertThat(tokens("a", "output")).isEqualTo(7);
    }

    @Test
    void whatClientsMakeUpIsNoLabel() {
        for (int i = 0; i < 1000; i++) {
            end("made-up-" + i, null);
        }
        assertThat(requests(ModelMetrics.OTHER)).isEqualTo(1000);
        assertThat(models()).containsOnly(ModelMetrics.OTHER);
    }

    @Test
    void modelsBeyondTheBoundCountTogetherUntilOneIsGone() {
        for (int i = 0; i < ModelMetrics.MOST + 10; i++) {
            served.add("adapter-" + i);
            end("adapter-" + i, null);
        }
        assertThat(models()).hasSize(ModelMetrics.MOST + 1);
        assertThat(requests(ModelMetrics.OTHER)).isEqualTo(10);

        served.remove("adapter-0");
        end("adapter-" + ModelMetrics.MOST, null);
        assertThat(requests("adapter-" + ModelMetrics.MOST)).isEqualTo(1);
        assertThat(models()).hasSize(ModelMetrics.MOST + 1).doesNotContain("adapter-0");
    }

    @Test
    void aThousandServedModelsDoNotHaveEachRequestLookForRoom() {
        for (int i = 0; i < 1000; i++) {
            served.add("adapter-" + i);
        }
        AtomicInteger looked = new AtomicInteger();
        ModelMetrics watched = new ModelMetrics(registry, model -> {
            looked.incrementAndGet();
            return served.contains(model);
        });
        RequestProgress progress = new RequestProgress(AffinityKey.none(0), null, 0);
        for (int i = 0; i < 10_000; i++) {
            watched.count("adapter-" + i % 1000, Result.ofStatus(200), progress);
        }
        assertThat(looked.get()).isLessThan(15_000);

        served.remove("adapter-0");
        for (int i = 0; i < 300; i++) {
            watched.count("adapter-999", Result.ofStatus(200), progress);
        }
        assertThat(models()).contains("adapter-999").doesNotContain("adapter-0");
    }

    private void end(String model, UsageReport usage) {
        RequestProgress progress = new RequestProgress(AffinityKey.none(0), null, 0);
        if (usage != null) {
            progress.reported(usage);
        }
        metrics.count(model, Result.ofStatus(200), progress);
    }

    private double requests(String model) {
        return registry.get("warmlane.model.requests")
                .tag("model", model)
                .tag("result", "2xx")
                .counter()
                .count();
    }

    private double tokens(String model, String kind) {
        return registry.get("warmlane.model.tokens")
                .tag("model", model)
                .tag("kind", kind)
                .counter()
                .count();
    }

    private Set<String> models() {
        Set<String> models = new HashSet<>();
        for (Counter counter : registry.get("warmlane.model.requests").counters()) {
            models.add(counter.getId().getTag("model"));
        }
        return models;
    }
}
