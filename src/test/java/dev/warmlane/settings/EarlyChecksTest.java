package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.bootstrap.DefaultBootstrapContext;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

class EarlyChecksTest {
    @TempDir
    private Path directory;

    private ConfigurableApplicationContext start(String... settings) {
        SpringApplication application = new SpringApplication(EarlyChecksTest.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("--spring.config.additional-location=" + directory + "/");
        return application.run(all.toArray(new String[0]));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--server.port=web | server.port: web (expected: a port from 0 to 65535)",
                "--server.port=-1 | server.port: -1 (expected: a port from 0 to 65535)",
                "--management.server.port=70000 | management.server.port: 70000 (expected: a port from 0 to 65535)",
                "--server.port=8081 | management.server.port: 8081 (expected: another port than server.port)",
                "--warmlane.cluster.members=a:1 --warmlane.cluster.port=8080 | warmlane.cluster.port: 8080 (expected: another port than server.port and management.server.port)",
                "--server.http2.enabled=maybe | server.http2.enabled: maybe (expected: true or false)",
                "--logging.structured.format.console=xml | logging.structured.format.console: xml (expected: ecs, gelf, logstash)",
                "--logging.config=/no/logback.xml | logging.config: /no/logback.xml (expected: a file that can be read)",
                "--logging.file.name=src/test | logging.file.name: src/test (expected: a file that can be written)",
                "--logging.file.name=pom.xml/log | logging.file.name: pom.xml/log (expected: a file that can be written)",
                "--warmlane.pools[0].name=a --warmlane.pools[0].endpointz=http://a:1 | warmlane.pools[0].endpointz: http://a:1 (expected: one that docs/settings.md lists, such as warmlane.pools[0].endpoints)",
                "--warmlane.pools[0].kubernetes.naemspace=m | warmlane.pools[0].kubernetes.naemspace: m (expected: one that docs/settings.md lists, such as warmlane.pools[0].kubernetes.namespace)",
                "--warmlane.affinity=session | warmlane.affinity: session (expected: settings below it, no value)",
                "--warmlane.affinity.clientIp=10.0.0.1 | warmlane.affinity.clientIp: 10.0.0.1 (expected: settings below it, no value)",
                "--spring.main.web-application-type=servlet | spring.main.web-application-type: servlet (expected: reactive)",
                "--warmlane.pools[0].api-key=se${NO_SUCH_KEY}cret | warmlane.pools[0].api-key: ${NO_SUCH_KEY} (expected: a variable of the environment that is set, or a default as in ${NAME:default})"
            })
    void whatCannotBeUsedIsNamed(String setting, String problem) {
        assertThatThrownBy(() -> start(setting.split(" "))).hasMessage(problem);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "server.prot: 99 | server.prot: unknown setting (expected: such as server.port)",
                "warmlane.pools[0].api-keys: secret | warmlane.pools[0].api-keys: *** (expected: one that docs/settings.md lists, such as warmlane.pools[0].api-key), from URL [",
                "warmlane.afinity.ttl: 3 | warmlane.afinity.ttl: 3 (expected: one that docs/settings.md lists, such as warmlane.affinity.ttl), from URL [",
                "mangement.server.port: 99 | mangement.server.port: unknown setting (expected: such as management.server.port)",
                "warmlan.endpoints: a | warmlan.endpoints: unknown setting (expected: one that docs/settings.md lists"
            })
    void aNameInAFileThatDoesNotExistIsRefused(String line, String problem) throws IOException {
        Files.writeString(directory.resolve("application.yaml"), line + "\n");
        assertThatThrownBy(() -> start()).hasMessageStartingWith(problem);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "port: 1",
                "acme.header: x-acme",
                "debug: false",
                "spring.application.name: a",
                "spring.ssl.bundle.pem.a.reload-on-update: true",
                "spring.cloud.gateway.server.webflux.routes: []",
                "management.metrics.tags.zone: a",
                "management.endpoint.health.group.readiness.include: a",
                "logging.level.dev.warmlane: debug",
                "server.netty.idle-timeout: 10s",
                "server:\n  ssl:",
                "server.http2.enabled: yes",
                "management.metrics:",
                "management.endpoints.web:",
                "spring.cloud.gateway.server.webflux:",
                "servers.a: http://a:1\nwarmlane.endpoints: '${servers.a}'",
                "server.port: '8080 '",
                "warmlane.affinity:",
                "warmlane.pools:\n- name: a\n  apiKey: k\n  endpoints: [http://a:1]\n  prewarm: {max-tokens: 7}",
                "warmlane.routing.parameters: {kappa: 2, other.name: 3}",
                "warmlane.auth.oidc.groups[0].models[1]: m",
                "warmlane.response-headers: false",
                "warmlane.endpoints: '${NO_SUCH_HOST:http://a:1}'",
                "warmlane.endpoints: '${acme.url}'\nacme.url: http://a:1"
            })
    void whatExistsIsTaken(String lines) throws IOException {
        Files.writeString(directory.resolve("application.yaml"), lines + "\n");
        try (ConfigurableApplicationContext context = start()) {
            assertThat(context.isRunning()).isTrue();
        }
    }

    /** As a FIFO or a device; those are not opened here, as Logback would rename them in time. */
    @Test
    void theLogMayGoToWhatIsNoRegularFile() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .addFirst(new MapPropertySource("log", Map.of("logging.file.name", pipe.toString())));
        ApplicationEnvironmentPreparedEvent prepared = new ApplicationEnvironmentPreparedEvent(
                new DefaultBootstrapContext(), new SpringApplication(), new String[0], environment);
        assertThatCode(() -> new EarlyChecks().onApplicationEvent(prepared)).doesNotThrowAnyException();
    }

    @Test
    void aValueThatIsNotInForceIsNotLookedAt() throws IOException {
        Files.writeString(directory.resolve("application.yaml"), "warmlane.endpoints: ${NO_SUCH_HOST}\n");
        try (ConfigurableApplicationContext context = start("--warmlane.endpoints=http://a:1")) {
            assertThat(context.isRunning()).isTrue();
        }
    }
}
