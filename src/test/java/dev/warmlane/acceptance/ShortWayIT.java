package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.proxy.ShortWay;
import dev.warmlane.proxy.http.ExactRoutes;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.core.Ordered;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Requests go past Spring Cloud Gateway unless something was added there. */
class ShortWayIT {
    private static final String BODY = "{\"model\":\"sim\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

    private static SimulatedFleet fleet;

    @BeforeAll
    static void start() {
        fleet = SimulatedFleet.start(FleetOptions.instant(1));
    }

    @AfterAll
    static void stop() {
        fleet.close();
    }

    @Test
    void isOpenToBeginWithToThePathsOfTheGatewaysOwnRoutes() {
        try (RunningGateway gateway = RunningGateway.inFrontOf(fleet)) {
            assertThat(gateway.bean(HttpHandler.class)).isInstanceOf(ShortWay.class);
            ExactRoutes routes = ExactRoutes.of(
                    gateway.bean(RouteLocator.class).getRoutes().collectList().block(Duration.ofSeconds(30)));
            for (String path :
                    new String[] {"/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings"}) {
                assertThat(routes.find(path)).as(path).isNotNull();
            }
            assertThat(routes.find("/v1/responses/{id}")).isNull();
        }
    }

    @Test
    void passesNoFilterOfAnOperator() {
        AtomicInteger passed = new AtomicInteger();
        try (RunningGateway gateway = RunningGateway.start(
                new Counting(passed), "warmlane.endpoints=" + fleet.uris().get(0))) {
            Wire.exchange(
                    gateway.ready().port(),
                    "POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: "
                            + BODY.length() + "\r\n\r\n" + BODY);
            assertThat(passed).hasValue(1);
        }
    }

    /** Before the gateway's own filters. */
    private record Counting(AtomicInteger passed) implements GlobalFilter, Ordered {
        @Override
        public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
            passed.incrementAndGet();
            return chain.filter(exchange);
        }

        @Override
        public int getOrder() {
            return Ordered.HIGHEST_PRECEDENCE;
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "spring.cloud.gateway.server.webflux.globalcors.cors-configurations[/**].allowed-origins=https://a.example",
                "management.observations.enable.http=true",
                "server.forward-headers-strategy=framework"
            })
    void isClosedWhereSpringHasToSeeEveryRequest(String setting) {
        try (RunningGateway gateway = RunningGateway.inFrontOf(fleet, setting)) {
            assertThat(gateway.bean(HttpHandler.class)).isNotInstanceOf(ShortWay.class);
        }
    }
}
