package dev.warmlane.ops.actuator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            // None of the gateway's own settings: this is about the endpoint alone.
            "spring.config.name=none",
            "management.server.port=0",
            "management.endpoints.web.exposure.include=vllm"
        })
class VllmEndpointIT {
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofMinutes(1)).build();

    @LocalManagementPort
    private int port;

    @Test
    void showsEveryPoolWithNullWhereAnEngineDoesNotSay() throws Exception {
        HttpResponse<String> response = get("");

        assertThat(response.statusCode()).isEqualTo(200);
        JsonNode pool = JsonMapper.shared().readTree(response.body()).at("/pools/0");
        assertThat(pool.at("/totals/prefixCache/hitRatio/life").doubleValue()).isEqualTo(0.75);
        assertThat(pool.at("/endpoints/2/version").isNull()).isTrue();
        assertThat(pool.at("/endpoints/2/prefixCache/hitRatio/60m").isNull()).isTrue();
        assertThat(response.body()).startsWith("{\"pools\":[{\"pool\":\"default\",\"totals\":{\"endpoints\":3,");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/http://10.0.0.9:8000", "/http%3A%2F%2F10.0.0.9%3A8000", "/10.0.0.9:8000", "/10.0.0.9%3A8000"})
    void showsOneEndpointByItsUrlOrItsName(String path) throws Exception {
        HttpResponse<String> response = get(path);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(JsonMapper.shared().readTree(response.body()).path("id").stringValue())
                .isEqualTo("http://10.0.0.9:8000");
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator/vllm" + path))
                .timeout(Duration.ofMinutes(1))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class OnlyTheEndpoint {
        @Bean
        VllmEndpoint vllmEndpoint() {
            Engines engines = Engines.three();
            return new VllmEndpoint(engines.pools(), engines, () -> Engines.NOW_NANOS);
        }
    }
}
