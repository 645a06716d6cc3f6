package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.metrics.RequestMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;

/** What the request metric, the access log and the span of a gateway say of how requests ended. One request at a time. */
public final class ReportedEnds implements AutoCloseable {
    private static final String NO_POOL = "none";

    private final SpanReceiver collector = new SpanReceiver();
    private final Path log;
    private MeterRegistry registry;
    private Map<String, Double> counted;
    private int requests;

    /** @param directory for an access log of its own */
    public ReportedEnds(Path directory) {
        try {
            log = Files.createTempFile(directory, "access", ".log");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A gateway whose metric, access log and spans are read here. */
    public RunningGateway start(String... settings) {
        String[] all = new String[settings.length + 1];
        System.arraycopy(settings, 0, all, 1, settings.length);
        all[0] = "warmlane.access-log.target=" + log;
        RunningGateway gateway = RunningGateway.start(collector.settings(all));
        registry = gateway.bean(MeterRegistry.class);
        return gateway;
    }

    /** Headers by which the next request is found again. Whatever ended before is not asked for any more. */
    public String headers() {
        requests++;
        counted = counts();
        return "x-request-id: " + id() + "\r\ntraceparent: 00-" + traceId() + "-b7ad6b7169203331-01\r\n";
    }

    /** Asserts that the request ended so by all three reports, and that it was counted once. */
    public void assertLast(String pool, String result, Integer status) {
        await().untilAsserted(() -> assertThat(grown()).isEqualTo(Map.of(pool + " " + result, 1.0)));
        JsonNode line = await().until(this::line, Objects::nonNull);
        assertThat(line.path("pool").asString(NO_POOL)).isEqualTo(pool);
        assertThat(line.path("result").asString()).isEqualTo(result);
        assertThat(line.has("status") ? (Integer) line.path("status").asInt() : null)
                .isEqualTo(status);
        assertThat(line.path("trace_id").asString()).isEqualTo(traceId());
        Span span = span();
        Map<String, Object> attributes = SpanReceiver.attributes(span);
        assertThat(attributes.getOrDefault("warmlane.pool", NO_POOL)).isEqualTo(pool);
        assertThat(attributes)
                .containsEntry("warmlane.result", result)
                .containsEntry("warmlane.request_id", id())
                .containsKey("url.path");
        // The gateway's own errors have one code in both, and engines' 5xx and broken responses are errors of the span
        // too.
        if (line.has("error")) {
            assertThat(attributes.get("error.type"))
                    .isEqualTo(line.path("error").asString());
        } else if (result.equals("failed") || result.equals("5xx")) {
            assertThat(attributes).containsKey("error.type");
        }
        assertThat(attributes.get("http.response.status_code")).isEqualTo(status == null ? null : status.longValue());
        assertThat(span.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR)
                .isEqualTo(result.equals("failed") || result.equals("5xx"));
    }

    /** Asserts that the last request's line bears the code of the error that its client read. */
    public void assertError(String code) {
        assertThat(line().path("error").asString()).isEqualTo(code);
    }

    /** Requests that were counted since the headers of the last one were made, by pool and result. */
    public Map<String, Double> grown() {
        Map<String, Double> grown = counts();
        counted.forEach((end, count) -> grown.merge(end, -count, Double::sum));
        grown.values().removeIf(count -> count == 0);
        return grown;
    }

    /** Waits until as many requests have ended as headers were made here, but for so many. What ends later would be taken for the next. */
    public void awaitAllBut(int underWay) {
        await().untilAsserted(() -> assertThat(
                        counts().values().stream().mapToDouble(count -> count).sum())
                .isEqualTo(requests - underWay));
    }

    private Map<String, Double> counts() {
        Map<String, Double> counts = new HashMap<>();
        for (Counter counter : registry.find(RequestMeter.REQUESTS.meterName()).counters()) {
            String end = counter.getId().getTag("pool") + " " + counter.getId().getTag("result");
            counts.put(end, counter.count());
        }
        return counts;
    }

    private JsonNode line() {
        try {
            List<JsonNode> mine = wholeLines(log).stream()
                    .map(ChatClient.JSON::readTree)
                    .filter(line -> line.path("request_id").asString().equals(id()))
                    .toList();
            assertThat(mine).hasSizeLessThan(2);
            return mine.isEmpty() ? null : mine.get(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The lines of a log but for one of which only a part is written yet. */
    public static List<String> wholeLines(Path log) throws IOException {
        String text = Files.readString(log);
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    private Span span() {
        while (true) {
            Span span = collector.next();
            if (HexFormat.of().formatHex(span.getTraceId().toByteArray()).equals(traceId())) {
                return span;
            }
        }
    }

    private String id() {
        return "request-" + requests;
    }

    private String traceId() {
        return HexFormat.of().toHexDigits(0x0af7651916cd43ddL) + HexFormat.of().toHexDigits((long) requests);
    }

    @Override
    public void close() {
        collector.close();
    }
}
