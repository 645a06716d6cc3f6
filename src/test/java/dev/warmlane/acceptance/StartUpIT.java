package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.harness.RunningGateway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A setting that cannot be used stops the start, and the last thing on the screen says which and why. */
@ExtendWith(OutputCaptureExtension.class)
class StartUpIT {
    private static final String MISSPELT = "warmlane.afinity.ttl";

    @AfterEach
    void forget() {
        System.clearProperty(MISSPELT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "warmlane.endpoint=http://a:1 | warmlane.endpoint: http://a:1 (expected: one that docs/settings.md lists, such as warmlane.endpoints)",
                "warmlane.response-headers=true | warmlane.endpoints: [] (expected: URLs of vLLM servers, or pools in warmlane.pools)",
                "warmlane.endpoints=ftp://a:1 | pool default: endpoints[0]: ftp://a:1 (expected: http://host:port or https://host:port)",
                "warmlane.endpoints=http://a:1 warmlane.routing.policy=best | warmlane.routing.policy: best (expected: the name of a file in gateway/policies, such as expected-cost or sticky)",
                "warmlane.endpoints=http://a:1 warmlane.access-log.target=/no/such/directory/log | warmlane.access-log.target: /no/such/directory/log (expected: off, stdout or a file that can be written)",
                "warmlane.endpoints=http://a:1 warmlane.auth.keys-file=/no/keys | /no/keys",
                "warmlane.endpoints=http://a:1 warmlane.routing.policy=broken-base | warmlane.routing.policy: broken-base extends policy: best (expected: the name of a file in gateway/policies, such as expected-cost or sticky)",
                "warmlane.endpoints=http://a:1 warmlane.routing.policy=broken-empty | warmlane.routing.policy: broken-empty (expected: parameters in gateway/policies/broken-empty.yaml",
                "warmlane.endpoints=http://169.254.169.254 | pool default: endpoints[0]: http://169.254.169.254 (expected: the address of a vLLM server, this is a link-local address)",
                "warmlane.endpoints=http://a:1 spring.cloud.gateway.server.webflux.routes[0].id=r spring.cloud.gateway.server.webflux.routes[0].predicates[0]=Path=/a spring.cloud.gateway.server.webflux.routes[0].uri=vllm://other | spring.cloud.gateway.server.webflux.routes[0].uri: vllm://other (expected: vllm://by-model or vllm:// and one of the pools default)",
                "warmlane.endpoints=http://a:1 spring.cloud.gateway.server.webflux.routes[0].id=r spring.cloud.gateway.server.webflux.routes[0].predicates[0]=Path=/a | spring.cloud.gateway.server.webflux.routes[0].uri: none (expected: vllm://by-model or vllm:// and one of the pools default)",
                "warmlane.endpoints=http://a:1 spring.cloud.gateway.server.webflux.routes[0].id=r spring.cloud.gateway.server.webflux.routes[0].uri=vllm://default | spring.cloud.gateway.server.webflux.routes[0].predicates",
                "warmlane.endpoints=http://a:1 spring.cloud.gateway.server.webflux.routes[0].id=r spring.cloud.gateway.server.webflux.routes[0].uri=vllm://default spring.cloud.gateway.server.webflux.routes[0].predicates[0]=/a | Unable to parse PredicateDefinition text '/a'",
                "warmlane.endpoints=http://a:1 management.opentelemetry.tracing.export.otlp.endpoint=collector:4318 | management.opentelemetry.tracing.export.otlp.endpoint: collector:4318 (expected: a URL such as http://collector:4318/v1/traces)",
                "warmlane.endpoints=http://a:1 management.opentelemetry.tracing.export.otlp.endpoint=http://a_b:c | management.opentelemetry.tracing.export.otlp.endpoint: http://a_b:c (expected: a URL such as http://collector:4318/v1/traces)",
                "warmlane.endpoints=http://a:1 warmlane.cache.watch=sometimes | warmlane.cache.watch: sometimes (expected: routed, all, off)",
                "warmlane.endpoints=http://a:1 warmlane.dashboard.target-hit-ratio=high | warmlane.dashboard.target-hit-ratio: high (expected: a number)",
                "warmlane.endpoints=http://a:1 warmlane.affinity.session.headers=x-a,x,y: | warmlane.affinity.session.headers: y: (expected: the name of a header)",
                "warmlane.pools[0].name=a warmlane.pools[0].endpoints=http://a:1 warmlane.pools[0].models[0]= | warmlane.pools[0].models: blank (expected: names of models",
                "warmlane.endpoints=http://a:1 server.ssl.bundle=web | server.ssl.bundle: web (expected: the name of a bundle in spring.ssl.bundle)",
                "warmlane.endpoints=http://a:1 management.server.ssl.bundle=web | management.server.ssl.bundle: web (expected: the name of a bundle in spring.ssl.bundle)",
                "warmlane.endpoints=http://a:1 server.ssl.bundle=web spring.ssl.bundle.pem.web.keystore.certificate=/no/cert.pem | server.ssl.bundle: web: Unable to create key store: Error reading certificate or key from file '/no/cert.pem'",
                "warmlane.endpoints=http://a:1 spring.ssl.bundle.pem.web.keystore.certificate=/no/cert.pem | spring.ssl.bundle: web: Unable to create key store: Error reading certificate or key from file '/no/cert.pem'",
                "warmlane.endpoints=http://a:1 server.ssl.key-store=/no/store.p12 | server.ssl: Unable to create key store: Could not load store from '/no/store.p12'",
                "warmlane.endpoints=http://a:1 spring.config.import=vault://a | Unable to load config data from 'vault://a'",
                "warmlane.endpoints=http://a:1 spring.application.json={a | SPRING_APPLICATION_JSON: no JSON",
                "warmlane.endpoints=http://a:1 spring.config.additional-location=file:src/test/resources/broken/ | a file of settings: line 2, column 3: found character",
                "warmlane.endpoints=http://a:1 warmlane.routing.parameters.kappa=-1 | warmlane.routing: policy expected-cost: kappa: -1 (expected: at least 0.0)"
            })
    void aSettingThatCannotBeUsedIsNamed(String settings, String problem, CapturedOutput output) {
        assertThatThrownBy(() -> RunningGateway.start(settings.split(" "))).isInstanceOf(Exception.class);
        assertThat(output)
                .contains("APPLICATION FAILED TO START", problem)
                .doesNotContain("\tat ", "Exception encountered", "condition evaluation");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "filters[0]=AddRequestHeader=X-A | filters[0]: AddRequestHeader: value must not be empty (expected: AddRequestHeader=name,value)",
                "filters[0]=StripPrefix=two | filters[0]: StripPrefix: parts: ",
                "filters[0]=RewritePath=[,b | filters[0]: RewritePath: Unclosed character class near index 0 (expected: RewritePath=regexp,replacement)",
                "filters[0]=AddHeader=a,b | filters[0]: AddHeader (expected: a filter, one of AddRequestHeader, ",
                "predicates[1]=Cookie= | predicates[1]: Cookie: name must not be empty, regexp must not be empty (expected: Cookie=name,regexp)",
                "predicates[1]=Cookie=choc | predicates[1]: Cookie: regexp must not be empty (expected: Cookie=name,regexp)",
                "predicates[1]=After=tomorrow | predicates[1]: After: datetime: ",
                "predicates[1]=Pth=/a | predicates[1]: Pth (expected: a predicate, one of After, ",
                "metadata.affinity=never | metadata.affinity: never (expected: none)",
                "metadata.cache-salt=soon | metadata.cache-salt: soon (expected: unread, or a release such as 0.29)",
                "metadata.api=realtyme | metadata.api: realtyme (expected: responses, messages, cohere, realtime)",
            })
    void aRouteThatCannotBeMadeEndsTheStartWithOneLine(String faulty, String problem, CapturedOutput output) {
        String route = "spring.cloud.gateway.server.webflux.routes[0].";
        assertThatThrownBy(() -> RunningGateway.start(
                        "warmlane.endpoints=http://127.0.0.1:1",
                        route + "id=plain",
                        route + "uri=http://127.0.0.1:1",
                        route + "predicates[0]=Path=/a",
                        route + faulty))
                .isInstanceOf(Exception.class);
        assertThat(output)
                .contains("APPLICATION FAILED TO START", route + problem)
                .doesNotContain("\tat ");
    }

    @Test
    void aFilterOfAllRoutesThatCannotBeMadeIsNamed(CapturedOutput output) {
        String filter = "spring.cloud.gateway.server.webflux.default-filters[0]";
        assertThatThrownBy(() -> RunningGateway.start(
                        "warmlane.endpoints=http://127.0.0.1:1", filter + "=AddResponseHeader=X-A"))
                .isInstanceOf(Exception.class);
        assertThat(output)
                .contains(
                        filter + ": AddResponseHeader: value must not be empty (expected: AddResponseHeader=name,value")
                .doesNotContain("\tat ");
    }

    @Test
    void aPredicateMayHaveNoArguments() {
        String route = "spring.cloud.gateway.server.webflux.routes[0].";
        try (RunningGateway gateway = RunningGateway.start(
                "warmlane.endpoints=http://127.0.0.1:1",
                route + "id=plain",
                route + "uri=http://127.0.0.1:1",
                route + "predicates[0].name=CloudFoundryRouteService")) {
            assertThat(gateway.port()).isPositive();
        }
    }

    @Test
    void aSystemPropertyThatIsNoSettingIsNamed(CapturedOutput output) {
        System.setProperty(MISSPELT, "1h");
        assertThatThrownBy(() -> RunningGateway.start("warmlane.endpoints=http://127.0.0.1:1"))
                .isInstanceOf(Exception.class);
        assertThat(output)
                .contains(MISSPELT + ": 1h (expected: one that docs/settings.md lists, such as warmlane.affinity.ttl)");
    }
}
