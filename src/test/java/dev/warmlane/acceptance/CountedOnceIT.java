package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever a client sends and however it is answered, it is one request in {@code warmlane_requests_total}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CountedOnceIT {
    private static final String CHAT =
            "{'model':'Qwen/Qwen3-0.6B','max_tokens':2,'messages':[{'role':'user','content':'a'}]}".replace('\'', '"');

    private SimulatedFleet fleet;
    private RunningGateway gateway;

    @BeforeAll
    void start() {
        fleet = SimulatedFleet.start(FleetOptions.instant(1));
        gateway = RunningGateway.inFrontOf(
                        fleet,
                        "warmlane.limits.body-timeout=200ms",
                        "warmlane.limits.body=10KB",
                        "warmlane.cors.allowed-origins=https://a.example")
                .ready();
    }

    @AfterAll
    void stop() {
        gateway.close();
        fleet.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST /v1/chat/completions | content-type: application/json | chat | 200",
                "POST /v1/chat/completions | content-type: application/json | {} | 400",
                "POST /v1/chat/completions | content-type: application/json | { | 400",
                "POST /v1/chat/completions | content-type: text/plain | a | 400",
                "POST /v1/chat/completions | content-encoding: br | a | 415",
                "POST /v1/chat/completions | content-length: 20000 | '' | 413",
                "POST /v1/chat/completions | content-length: 2 | a | 408",
                "POST /v1/chat/completions | content-length: a | '' | 400",
                "POST /v1/chat/completions | transfer-encoding: chunked | zz% | 400",
                "POST /v1/chat/completions | transfer-encoding: gzip | '' | 400",
                "POST /v1/chat/completions | expect: 200-maybe | '' | 417",
                "GET /v1/chat/completions | a: b | '' | 405",
                "GET /v1/models | a: b | '' | 200",
                "HEAD /v1/models | a: b | '' | 200",
                "GET /v1/models | upgrade: websocket | '' | 200",
                "GET /health | a: b | '' | 200",
                "HEAD /health | a: b | '' | 200",
                "GET /nowhere | a: b | '' | 404",
                "HEAD /nowhere | a: b | '' | 404",
                "GET /../etc | a: b | '' | 404",
                "GET /%2e%2e/etc | a: b | '' | 404",
                "GET /a b | a: b | '' | 400",
                "GET http://[ | a: b | '' | 400",
                "BREW /pot | a: b | '' | 405",
                "OPTIONS * | a: b | '' | 204",
                "CONNECT a:1 | a: b | '' | 405",
                "OPTIONS /v1/chat/completions | origin: https://a.example%access-control-request-method: POST | '' | 204",
                "OPTIONS /v1/chat/completions | origin: https://b.example%access-control-request-method: POST | '' | 403",
            })
    void everyRequestIsInExactlyOneCounter(String target, String header, String body, int status) {
        double before = counted("");
        String content = body.equals("chat") ? CHAT : body.replace("%", "\r\n");
        String length = content.isEmpty() || header.matches("(content-length|transfer-encoding).*")
                ? ""
                : "content-length: " + content.length() + "\r\n";
        try (Wire wire = Wire.to(gateway.port())) {
            wire.send(target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + header.replace("%", "\r\n") + "\r\n"
                    + length + "\r\n" + content);
            assertThat(wire.readHead().status()).as(target).isEqualTo(status);
        }
        await().untilAsserted(() -> assertThat(counted("") - before).isEqualTo(1));
        assertThat(counted("cancelled")).as("nobody has left").isZero();
    }

    /** @param result as it begins */
    private double counted(String result) {
        return gateway.bean(MeterRegistry.class).find(RequestMeter.REQUESTS.meterName()).counters().stream()
                .filter(counter ->
                        String.valueOf(counter.getId().getTag("result")).startsWith(result))
                .mapToDouble(Counter::count)
                .sum();
    }
}
