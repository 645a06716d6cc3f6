package dev.warmlane.proxy.outcome;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.ClientRefusal;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpCookie;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.AbstractServerHttpRequest;
import org.springframework.http.server.reactive.SslInfo;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class RejectionsTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final OutcomeFilter filter = new OutcomeFilter(List.of(new Rejections(registry, List.of("default"))));
    private final Sinks.Empty<Void> served = Sinks.empty();

    @ParameterizedTest
    @CsvSource({"queue_full,full", "queue_timeout,late", "too_many_streams,streams"})
    void countsWhatClientsAreToldByItsReason(String code, String reason) {
        serve();
        refuse(code);
        assertThat(counted()).containsEntry(reason, 1.0);
        assertThat(counted().values()).filteredOn(count -> count > 0).hasSize(1);
    }

    @Test
    void countsNoRequestWhoseClientLeftJustAsItWasRefused() {
        Disposable client = serve();
        client.dispose();
        refuse(ApiException.QUEUE_FULL);
        assertThat(counted()).isEqualTo(Map.of("full", 0.0, "late", 0.0));
    }

    @Test
    void countsNoOtherError() {
        serve();
        refuse("rate_limit_exceeded");
        assertThat(counted()).isEqualTo(Map.of("full", 0.0, "late", 0.0));
        assertThat(ofClients()).isZero();
        assertThat(ofMemory()).isZero();
    }

    @ParameterizedTest
    @EnumSource(ClientRefusal.class)
    void countsClientsThatAreToldWhyTheyAreRefused(ClientRefusal why) {
        serve();
        served.tryEmitError(ApiException.forbidden(null, "refused", "refused").because(why));
        assertThat(registry.get(RequestMeter.REFUSALS.meterName())
                        .tag("reason", why.label())
                        .counter()
                        .count())
                .isOne();
        assertThat(ofClients()).isOne();
    }

    @Test
    void countsRequestsForWhichThereIsNoMemory() {
        serve();
        served.tryEmitError(ApiException.overloadedMemory());
        assertThat(ofMemory()).isOne();
    }

    @Test
    void countsNobodyWhoLeftJustAsItWasRefused() {
        serve().dispose();
        served.tryEmitError(ApiException.overloadedMemory().because(ClientRefusal.UNKNOWN));
        assertThat(ofClients()).isZero();
        assertThat(ofMemory()).isZero();
    }

    private double ofClients() {
        return registry.find(RequestMeter.REFUSALS.meterName()).counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    private double ofMemory() {
        return registry.get(RequestMeter.BUFFERED_BODY_REFUSALS.meterName())
                .counter()
                .count();
    }

    private Disposable serve() {
        ServerWebExchange exchange = MockServerWebExchange.from(MockServerHttpRequest.get("/"))
                .mutate()
                .request(new OfNoServer())
                .build();
        return filter.filter(exchange, within -> {
                    RequestOutcome.of(within).pool("default");
                    return served.asMono();
                })
                .onErrorResume(told -> Mono.empty())
                .subscribe();
    }

    private void refuse(String code) {
        served.tryEmitError(ApiException.overloaded(code, "refused", Duration.ofSeconds(1)));
    }

    private Map<String, Double> counted() {
        Map<String, Double> counted = new TreeMap<>();
        for (Counter counter : registry.find(RequestMeter.REJECTED.meterName()).counters()) {
            counted.put(counter.getId().getTag("reason"), counter.count());
        }
        return counted;
    }

    /** A mock's has no connection to ask for. */
    private static final class OfNoServer extends AbstractServerHttpRequest {
        OfNoServer() {
            super(HttpMethod.GET, URI.create("/"), "", new HttpHeaders());
        }

        @Override
        protected MultiValueMap<String, HttpCookie> initCookies() {
            return new LinkedMultiValueMap<>();
        }

        @Override
        protected @Nullable SslInfo initSslInfo() {
            return null;
        }

        @Override
        @SuppressWarnings("unchecked")
        public <T> T getNativeRequest() {
            return (T) this;
        }

        @Override
        public Flux<DataBuffer> getBody() {
            return Flux.empty();
        }
    }
}
