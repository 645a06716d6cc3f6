package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.ReportedEnds;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Tests of how requests end, of gateways in front of an engine that is driven by hand; after each, every request has ended. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ObservedRequests {
    static final String STREAM = "200 OK\r\nContent-Type: text/event-stream";
    static final String TOKEN = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n";
    static final String DONE = "data: [DONE]\n\n";
    static final String PROMPT = "{\"model\":\"m\",\"prompt\":\"a\"}";

    final HandDrivenEngine engine = HandDrivenEngine.start();
    /** By their settings: tests of the same share one. They all close at the end, as the first that does ends what all run on. */
    private final Map<List<String>, Observed> started = new HashMap<>();

    Path directoryOfAll;
    ReportedEnds reports;
    RunningGateway gateway;

    private record Observed(ReportedEnds reports, RunningGateway gateway) {}

    @BeforeAll
    void keepReports(@TempDir Path forAllTests) {
        directoryOfAll = forAllTests;
    }

    @AfterEach
    void nothingIsLeft() {
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        reports.awaitAllBut(0);
        assertThat(engine.requests()).isZero();
    }

    @AfterAll
    void close() {
        for (Observed observed : started.values()) {
            observed.gateway().close();
            observed.reports().close();
        }
        engine.close();
    }

    void start(String... settings) {
        startInFrontOf(List.of(engine), settings);
    }

    void startInFrontOf(List<HandDrivenEngine> engines, String... settings) {
        Observed observed = started.computeIfAbsent(List.of(settings), this::observed);
        reports = observed.reports();
        gateway = observed.gateway();
        List<URI> wanted = engines.stream().map(HandDrivenEngine::uri).toList();
        List<Endpoint> listed = gateway.router().pool().snapshot().endpoints();
        if (!listed.stream().map(Endpoint::uri).toList().equals(wanted)) {
            gateway.replaceEndpoints(wanted.stream().map(URI::toString).toList());
        }
    }

    private Observed observed(List<String> settings) {
        List<String> all = new ArrayList<>(settings);
        // For those that come later.
        all.add("warmlane.health.slow-start=0s");
        all.add("warmlane.pools[0].name=default");
        all.add("warmlane.pools[0].endpoints=" + engine.uri());
        ReportedEnds read = new ReportedEnds(directoryOfAll);
        RunningGateway observed = read.start(all.toArray(new String[0]));
        // Of this pool: while only a second one is known to serve the model, requests go there.
        await().until(() ->
                observed.bean(ServedModels.class).catalog().models("default").contains("m"));
        return new Observed(read, observed);
    }

    Wire send(String path, String body, String headers) {
        Wire wire = Wire.to(gateway.port());
        wire.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + headers
                + reports.headers() + "Content-Length: " + body.length() + "\r\n\r\n" + body);
        return wire;
    }

    Wire send(String body) {
        return send("/v1/completions", body, "");
    }

    void assertStatus(Wire sent, int status) {
        try (sent) {
            assertThat(sent.readMessage().status()).isEqualTo(status);
        }
    }
}
