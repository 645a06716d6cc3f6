package dev.warmlane.proxy.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.CapturedLog;
import dev.warmlane.proxy.error.ApiException;
import java.net.ConnectException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;

class ErrorHandlerTest {
    @RegisterExtension
    private final CapturedLog log = new CapturedLog(ErrorHandler.class);

    @Test
    void theUpstreamOfARouteWithoutAPoolThatIsGoneIsA502AndOneLineInTheLog() {
        ErrorHandler errors = new ErrorHandler();
        for (int i = 0; i < 2; i++) {
            MockServerWebExchange exchange = MockServerWebExchange.from(MockServerHttpRequest.get("/"));

            errors.handle(exchange, new ConnectException("Connection refused")).block();

            assertThat(exchange.getResponse().getStatusCode()).isEqualTo(HttpStatus.BAD_GATEWAY);
            assertThat(exchange.getResponse().getBodyAsString().block())
                    .contains("upstream_failed", "The upstream of this path failed: connection refused.");
        }

        assertThat(log.lines()).containsExactly("the upstream of a route without a pool failed: connection refused");
        assertThat(log.events().get(0).getThrowableProxy()).isNull();
    }

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
