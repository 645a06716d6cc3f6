package dev.warmlane.proxy.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.error.ApiException;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.HttpHeaders;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;

class ErrorHandlerTest {

    @ParameterizedTest
    @CsvSource({
        "PT0.001S, 1, 1",
        "PT1S, 1, 1000",
        "PT1.001S, 2, 1001",
        "PT1.9S, 2, 1900",
        "PT1.9000001S, 2, 1901",
        "PT60S, 60, 60000"
    })
    void neverAsksClientsToComeBackTooEarly(Duration wait, String seconds, String millis) {
        MockServerWebExchange exchange = MockServerWebExchange.from(MockServerHttpRequest.get("/"));

        new ErrorHandler()
                .handle(exchange, ApiException.overloaded("queue_full", "Full.", wait))
                .block();

        HttpHeaders headers = exchange.getResponse().getHeaders();
        assertThat(headers.getFirst("Retry-After")).isEqualTo(seconds);
        assertThat(headers.getFirst("retry-after-ms")).isEqualTo(millis);
    }
}
