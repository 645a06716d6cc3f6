package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Takes spans by OTLP over HTTP, as a collector does. */
public final class SpanReceiver implements AutoCloseable {
    private final HttpServer server;
    private final BlockingQueue<Span> requests = new LinkedBlockingQueue<>();
    private final BlockingQueue<Span> attempts = new LinkedBlockingQueue<>();
    private final Map<String, String> resource = new ConcurrentHashMap<>();

    public SpanReceiver() {
        server = LocalHttp.bind();
        server.createContext("/v1/traces", this::receive);
        server.start();
    }

    /** Settings that send every span here, soon. */
    public String[] settings(String... others) {
        String[] all = new String[others.length + 3];
        System.arraycopy(others, 0, all, 3, others.length);
        all[0] = "management.opentelemetry.tracing.export.otlp.endpoint=http://127.0.0.1:"
                + server.getAddress().getPort() + "/v1/traces";
        all[1] = "management.opentelemetry.tracing.export.schedule-delay=20ms";
        all[2] = "management.tracing.sampling.probability=1.0";
        return all;
    }

    /** The next span of a request to come. */
    public Span next() {
        return next(requests);
    }

    /** The next span of an attempt to come; those of a request come in their order. */
    public Span nextAttempt() {
        return next(attempts);
    }

    /** What sends the spans, once one has come. */
    public Map<String, String> resource() {
        return resource;
    }

    private static Span next(BlockingQueue<Span> spans) {
        try {
            Span span = spans.poll(30, TimeUnit.SECONDS);
            assertThat(span).as("span").isNotNull();
            return span;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public static Map<String, Object> attributes(Span span) {
        return span.getAttributesList().stream()
                .collect(Collectors.toMap(attribute -> attribute.getKey(), attribute -> value(attribute.getValue())));
    }

    private static Object value(AnyValue value) {
        return switch (value.getValueCase()) {
            case INT_VALUE -> value.getIntValue();
            case DOUBLE_VALUE -> value.getDoubleValue();
            default -> value.getStringValue();
        };
    }

    private void receive(HttpExchange exchange) throws IOException {
        ExportTraceServiceRequest request = ExportTraceServiceRequest.parseFrom(exchange.getRequestBody());
        request.getResourceSpansList().stream()
                .flatMap(spans -> spans.getResource().getAttributesList().stream())
                .forEach(attribute ->
                        resource.put(attribute.getKey(), attribute.getValue().getStringValue()));
        request.getResourceSpansList().stream()
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .forEach(span -> (span.getKind() == Span.SpanKind.SPAN_KIND_CLIENT ? attempts : requests).add(span));
        exchange.sendResponseHeaders(200, -1);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
