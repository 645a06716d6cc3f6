package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import java.net.http.HttpResponse;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A gateway is ready when it can say which models there are. */
class ReadinessIT {
    private static final String MODELS = "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\"}]}";

    private final ChatClient client = new ChatClient();

    @Test
    void isNotReadyBeforeAnEngineHasListedItsModelsAndThenListsThem() {
        try (HandDrivenEngine engine = HandDrivenEngine.startWithoutModels();
                RunningGateway gateway = start(engine, "warmlane.scrape.timeout=60s");
                Exchange models = engine.next()) {
            assertThat(readiness(gateway)).isEqualTo(503);

            models.answer("200 OK\r\nContent-Type: application/json", MODELS);

            gateway.ready();
            assertThat(client.get(gateway.uri("/v1/models")).body()).contains("\"id\":\"m\"");
        }
    }

    @Test
    void isReadyOnceTheEngineHasFailedToListThem() {
        try (HandDrivenEngine engine = HandDrivenEngine.startWithoutModels();
                RunningGateway gateway = start(engine);
                Exchange models = engine.next()) {
            models.answer("500 Internal Server Error", "");

            gateway.ready();
        }
    }

    @Test
    void saysThatAnApiKeyIsWhatIsMissing() {
        try (HandDrivenEngine engine = HandDrivenEngine.startWithoutModels();
                RunningGateway gateway = start(engine);
                Exchange models = engine.next()) {
            models.answer("401 Unauthorized", "{\"error\":\"Unauthorized\"}");

            gateway.ready();
            await().untilAsserted(
                            () -> assertThat(client.get(gateway.management("/actuator/health"))
                                            .body())
                                    .contains(
                                            "\"default\":\"/v1/models: HTTP 401: the engine asks for an API key, and the pool has none"));
        }
    }

    @Test
    void asksNobodyForModelsThatAreSet() {
        try (HandDrivenEngine engine = HandDrivenEngine.startWithoutModels();
                RunningGateway gateway = RunningGateway.start(
                        "warmlane.scrape.timeout=60s",
                        "warmlane.pools[0].name=default",
                        "warmlane.pools[0].models=m",
                        "warmlane.pools[0].endpoints=" + engine.uri())) {
            gateway.ready();
        }
    }

    private int readiness(RunningGateway gateway) {
        HttpResponse<String> answer = client.get(gateway.management("/actuator/health/readiness"));
        return answer.statusCode();
    }

    private static RunningGateway start(HandDrivenEngine engine, String... settings) {
        String[] all = Arrays.copyOf(settings, settings.length + 1);
        all[settings.length] = "warmlane.endpoints=" + engine.uri();
        return RunningGateway.start(all);
    }
}
