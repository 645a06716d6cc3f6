package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;

class VllmMetricsPropertyTest {
    private static final List<String> NOISE = List.of(
            "# TYPE vllm:prefix_cache_queries_total counter",
            "vllm:prefix_cache_queries_created{engine=\"0\"} 1.7e+09",
            "vllm:time_to_first_token_seconds_bucket{engine=\"0\",le=\"+Inf\"} 1.0",
            "process_open_fds 31.0",
            "vllm:prefix_cache_queries_total{engine=\"0\"",
            "");

    @Property
    void sumsEverySeriesWhateverStandsBetweenAndAroundThem(
            @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 0) Integer> queriedTokens,
            @ForAll String modelName,
            @ForAll long seed) {
        Random random = new Random(seed);
        List<String> lines = new ArrayList<>(NOISE);
        for (int engine = 0; engine < queriedTokens.size(); engine++) {
            lines.add(sample("prefix_cache_queries_total", engine, modelName, queriedTokens.get(engine), random));
            lines.add(sample("prefix_cache_hits_total", engine, modelName, queriedTokens.get(engine) / 2, random));
        }
        Collections.shuffle(lines, random);

        VllmMetrics metrics =
                VllmMetricsReader.read(String.join("\n", lines).getBytes(UTF_8)).orElseThrow();

        long queried = queriedTokens.stream().mapToLong(Integer::longValue).sum();
        long hit = queriedTokens.stream().mapToLong(tokens -> tokens / 2).sum();
        assertThat(metrics.prefixCache()).isEqualTo(new PrefixCacheCounters(queried, hit));
    }

    @Property
    void readsTheSameWhereverChunksAreCut(@ForAll @Size(max = 12) List<@IntRange(max = 6400) Integer> cuts)
            throws IOException {
        byte[] page;
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/vllm/metrics-newest.prom"))) {
            page = in.readAllBytes();
        }
        VllmMetricsReader reader = new VllmMetricsReader();
        int from = 0;
        for (int cut : cuts.stream().sorted().toList()) {
            int to = Math.min(cut, page.length);
            reader.read(page, from, to);
            from = to;
        }
        reader.read(page, from, page.length);

        assertThat(reader.end()).isPresent().isEqualTo(VllmMetricsReader.read(page));
    }

    @Property
    void neverFailsOnBytes(@ForAll byte[] garbage) {
        assertThatCode(() -> VllmMetricsReader.read(garbage)).doesNotThrowAnyException();
    }

    @Property
    void neverFailsOnLinesThatAlmostMakeSense(
            @ForAll @Size(max = 6)
                    List<
                                    @StringLength(max = 20) @CharRange(from = ' ', to = '9')
                                    @CharRange(from = '{', to = '}') @CharRange(from = '[', to = ']') String>
                            tails) {
        StringBuilder body = new StringBuilder();
        for (String tail : tails) {
            body.append("vllm:cache_config_info").append(tail).append('\n');
            body.append("vllm:cache_config_info{engine=").append(tail).append('\n');
            body.append("vllm:num_requests_running").append(tail).append('\n');
        }

        assertThatCode(() -> VllmMetricsReader.read(body.toString().getBytes(UTF_8)))
                .doesNotThrowAnyException();
    }

    private static String sample(String name, int engine, String modelName, long value, Random random) {
        String escaped = modelName.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
        List<String> labels = new ArrayList<>(List.of(
                "engine=\"" + engine + "\"", "model_name=\"" + escaped + "\"", "pid=\"" + random.nextInt() + "\""));
        Collections.shuffle(labels, random);
        return "vllm:" + name + "{" + String.join(",", labels) + "} " + value + ".0";
    }
}
