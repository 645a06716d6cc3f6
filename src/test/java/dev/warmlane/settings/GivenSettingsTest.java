package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GivenSettingsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--server.prot=99 | server.prot: unknown setting (expected: such as server.port)",
                "--management.server.prot=99 | management.server.prot: unknown setting (expected: such as management.server.port)",
                "--spring.profile.active=demo | spring.profile.active: unknown setting (expected: such as spring.profiles.active)",
                "--management.endpoint.helth.show-details=never | management.endpoint.helth.show-details: unknown setting (expected: one that",
                "--port=9999 | port: unknown setting (expected: such as server.port)",
                "--serverPort=1 | serverPort: unknown setting (expected: such as server.port)",
                "--endpoints=http://a:1 | endpoints: unknown setting (expected: such as warmlane.endpoints)",
                "--verbose=true | verbose: unknown setting (expected: one that docs/settings.md lists, with its prefix)",
                "--warmlan.endpoints=http://a:1 | warmlan.endpoints: unknown setting (expected: one that docs/settings.md lists, such as warmlane.endpoints)",
                "--warmlan.pools[0].name=a | warmlan.pools[0].name: unknown setting (expected: one that docs/settings.md lists",
                "--sever.port=1 | sever.port: unknown setting (expected: such as server.port)",
                "--mangement.server.port=1 | mangement.server.port: unknown setting (expected: such as management.server.port)",
                "--loging.level.root=debug | loging.level.root: unknown setting (expected: such as logging.level.root)",
                "--logging.levels.root=debug | logging.levels.root: unknown setting (expected: one that Spring Boot or Spring Cloud Gateway lists)",
                "--port | --port: no setting (expected: --name=value",
                "--dry-run | --dry-run: no setting (expected: --name=value",
                "warmlane.affinity.ttl=1h | warmlane.affinity.ttl=1h: no setting (expected: --name=value",
                "-x | -x: no setting",
            })
    void whatDoesNotExistIsRefused(String argument, String problem) {
        assertThatThrownBy(() -> GivenSettings.check(List.of(argument)))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith(problem);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--warmlane.endpoints=http://a:1",
                "--server.port=0",
                "--server.ssl.bundle=public",
                "--server.ssl.client-auth=need",
                "--VLLM_SERVICE=vllm",
                "--acme.header=x-acme",
                "--servers.a=http://a:1",
                "--warmlanes.a=http://a:1",
                "--logging.structured.format.console=ecs",
                "--logging.file.name=a.log",
                "--management.server.address=127.0.0.1",
                "--management.endpoints.web.exposure.include=*",
                "--management.endpoints.access.default=unrestricted",
                "--management.endpoint.health.show-details=never",
                "--management.endpoint.health.group.readiness.include=discovery",
                "--management.metrics.enable.http=true",
                "--management.observations.enable.http=true",
                "--management.tracing.sampling.probability=1",
                "--management.opentelemetry.tracing.export.otlp.endpoint=http://a:4318/v1/traces",
                "--management.server.ssl.bundle=internal",
                "--spring.profiles.active=demo",
                "--spring.config.import=file:a.yaml",
                "--spring.config.location=file:a.yaml",
                "--spring.ssl.bundle.jks.gateway.keystore.location=a",
                "--spring.ssl.bundle.pem.gateway.keystore.certificate=a",
                "--spring.ssl.bundle.pem.gateway.reload-on-update=true",
                "--spring.cloud.gateway.server.webflux.routes[0].predicates[0]=Path=/a",
                "--spring.cloud.gateway.server.webflux.globalcors.cors-configurations.[/**].allowed-origins=a",
                "--spring.cloud.gateway.server.webflux.defaultFilters[0]=AddRequestHeader=a,b",
                "--logging.level.dev.warmlane=debug",
                "--debug",
            })
    void whatExistsIsTaken(String argument) {
        assertThatCode(() -> GivenSettings.check(List.of(argument))).doesNotThrowAnyException();
    }
}
