package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may use the management port: with a key, and from an operator's browser that shows pages of others. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManagementAccessIT {
    private static final String KEY = "correct-horse-battery";
    private static final String READ = "GET /actuator/prometheus";
    private static final String DECISIONS = "POST /actuator/decisions";
    private static final String[] CHANGES = {
        DECISIONS, "POST /dashboard/sessions/find", "DELETE /actuator/affinity/session/s", "OPTIONS /actuator/vllm"
    };

    private final HandDrivenEngine engine = HandDrivenEngine.start();
    private final SharedGateways gateways = new SharedGateways(settings -> RunningGateway.inFrontOf(engine, settings));
    private RunningGateway gateway;

    @AfterAll
    void stop() {
        gateways.close();
        engine.close();
    }

    @Test
    void pagesOfOthersChangeAndAskNothing() {
        start("warmlane.management.allowed-hosts=ops.example.com");
        for (String change : CHANGES) {
            for (String foreign : new String[] {
                "Host: evil.example:8081",
                "Host: evil.example:8081\r\nOrigin: http://evil.example:8081\r\nSec-Fetch-Site: same-origin",
                "Host: localhost:8081\r\nOrigin: http://evil.example",
                "Host: localhost:8081\r\nOrigin: http://localhost:3000",
                "Host: localhost:8081\r\nOrigin: null",
                "Host: localhost:8081\r\nSec-Fetch-Site: cross-site",
                "Host: localhost:8081\r\nSec-Fetch-Site: same-site",
                "Host: 127.0.0.1.evil.example",
                "Host: svc.evil.example"
            }) {
                WireMessage answer = ask(change, foreign);
                assertThat(answer.status()).as(change + ", " + foreign).isEqualTo(403);
                assertThat(answer.text()).contains("\"code\":\"foreign_request\"");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: localhost:8081",
                "Host: 127.0.0.1",
                "Host: [::1]:8081",
                "Host: gateway:8081",
                "Host: gateway-management.llm.svc.cluster.local:8081",
                "Host: gateway-management.llm.svc",
                "Host: OPS.example.com",
                "Host: localhost:8081\r\nOrigin: http://localhost:8081\r\nSec-Fetch-Site: same-origin",
                "Host: 10.0.0.1:8081\r\nOrigin: https://ops.example.com"
            })
    void operatorsAreServedUnderEveryNameOfTheirOwn(String headers) {
        start("warmlane.management.allowed-hosts=ops.example.com");
        assertThat(ask(DECISIONS, headers).status()).isEqualTo(200);
        assertThat(ask(READ, headers + "\r\nSec-Fetch-Site: cross-site").status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example:8081", "127.0.0.1.evil.example", "svc.evil.example"})
    void whereNamesAreListedNothingIsReadUnderAnotherOne(String host) {
        start("warmlane.management.allowed-hosts=ops.example.com");
        WireMessage answer = ask(READ, "Host: " + host);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).contains("\"code\":\"foreign_request\"");
        assertThat(ask("GET /actuator/health/readiness", "Host: " + host).status())
                .isEqualTo(200);
    }

    @Test
    void readsAreServedUnderAnyNameWhereNoneIsListed() {
        start();
        assertThat(ask(READ, "Host: metrics.example.com").status()).isEqualTo(200);
    }

    @Test
    void aKeyOpensThePortAsTokenOrPassword() {
        start("warmlane.management.key=" + KEY);
        for (String path : new String[] {
            "GET /actuator/vllm",
            "GET /actuator/prometheus",
            "GET /actuator/health",
            "GET /actuator/info",
            "GET /dashboard",
            "GET /dashboard/settings",
            DECISIONS
        }) {
            for (String wrong :
                    new String[] {"x: y", "Authorization: Bearer wrong", basic("wrong"), "Authorization: Basic ?"}) {
                WireMessage answer = ask(path, "Host: localhost\r\n" + wrong);
                assertThat(answer.status()).as(path + ", " + wrong).isEqualTo(401);
                assertThat(answer.header("www-authenticate")).startsWith("Basic realm=");
            }
            assertThat(ask(path, "Host: localhost\r\nAuthorization: Bearer " + KEY)
                            .status())
                    .isEqualTo(200);
            assertThat(ask(path, "Host: localhost\r\n" + basic(KEY)).status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"liveness", "readiness"})
    void probesNeedNoKeyAndAreToldNoDetails(String probe) {
        start("warmlane.management.key=" + KEY);
        String path = "GET /actuator/health/" + probe;
        WireMessage answer = ask(path, "Host: localhost");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("{\"status\":\"UP\"}");
        assertThat(ask(path.replace("GET", "POST"), "Host: localhost").status()).isEqualTo(401);
    }

    @Test
    void whoeverHasTheKeySeesDetails() {
        start("warmlane.management.key=" + KEY);
        assertThat(ask("GET /actuator/health/readiness", "Host: localhost\r\nAuthorization: Bearer " + KEY)
                        .text())
                .contains("components");
    }

    @Test
    void withoutAKeyEverybodySeesDetails() {
        start();
        assertThat(ask("GET /actuator/health", "Host: localhost").text()).contains("components");
    }

    /** After the others, whose gateways a start that fails would end. */
    @Nested
    class AtTheStart {
        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "warmlane.management.key=short | at least 16 characters",
                    "warmlane.management.key-file=/nowhere | a file that can be read",
                    "warmlane.management.allowed-hosts=http://a.b | names of hosts without ports"
                })
        void aSettingThatKeepsNobodyOutStopsTheStart(String setting, String expected) {
            assertThatThrownBy(() -> RunningGateway.start("warmlane.endpoints=" + engine.uri(), setting))
                    .rootCause()
                    .hasMessageContaining(expected)
                    .hasMessageNotContaining("short");
        }
    }

    private void start(String... settings) {
        gateway = gateways.with(settings);
    }

    private WireMessage ask(String line, String headers) {
        String body = line.startsWith("POST") ? "{\"source\":\"session\",\"key\":\"k\",\"messages\":[]}" : "";
        return Wire.exchange(
                gateway.management("/").getPort(),
                line + " HTTP/1.1\r\n" + headers + "\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.length() + "\r\n\r\n" + body);
    }

    private static String basic(String key) {
        return "Authorization: Basic " + Base64.getEncoder().encodeToString(("me:" + key).getBytes());
    }
}
