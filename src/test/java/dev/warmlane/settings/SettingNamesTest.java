package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

class SettingNamesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "WARMLANE_ENDPOINTS",
                "WARMLANE_ENDPOINTS_0",
                "WARMLANE_AFFINITY_TTL",
                "WARMLANE_AFFINITY_CLIENTIP_TRUSTEDPROXIES",
                "WARMLANE_AFFINITY_CLIENT_IP_TRUSTED_PROXIES_0",
                "WARMLANE_UPSTREAM_CONNECTTIMEOUT",
                "WARMLANE_ROUTING_PARAMETERS_KAPPA",
                "WARMLANE_POOLS_0_KUBERNETES_SERVICE"
            })
    void takesSettingsThatExist(String name) {
        assertThatCode(() -> checkEnvironment(name)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "WARMLANE_ENDPOINT, ', such as WARMLANE_ENDPOINTS'",
        "WARMLANE_AFFINITY_TTLS, ', such as WARMLANE_AFFINITY_TTL'",
        "WARMLANE_UPSTREAM_CONECT_TIMEOUT, ', such as WARMLANE_UPSTREAM_CONNECTTIMEOUT'",
        "WARMLANE_POOLS_0_KUBERNETES_SERVIC, ', such as WARMLANE_POOLS_0_KUBERNETES_SERVICE'",
        "WARMLANE_AUTH_OIDC_GROUPS_12_MODEL, ', such as WARMLANE_AUTH_OIDC_GROUPS_12_MODELS'",
        "WARMLANE_SOMETHING_ELSE, ''"
    })
    void refusesSettingsThatDoNotExistAndNamesOneThatIsNear(String name, String near) {
        assertThatThrownBy(() -> checkEnvironment(name))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage(name + ": unknown setting (expected: one that docs/settings.md lists" + near + ")");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "WARMLANE_SERVICE_HOST",
                "WARMLANE_SERVICE_PORT",
                "WARMLANE_SERVICE_PORT_HTTP",
                "WARMLANE_PORT",
                "WARMLANE_PORT_8080_TCP",
                "WARMLANE_PORT_8080_TCP_PROTO",
                "WARMLANE_PORT_8080_TCP_PORT",
                "WARMLANE_PORT_8080_TCP_ADDR",
                "WARMLANE_MANAGEMENT_SERVICE_HOST",
                "WARMLANE_MANAGEMENT_PORT_8081_TCP"
            })
    void letsBeWhatKubernetesSetsForServicesWhoseNamesStartLikeOurs(String name) {
        assertThatCode(() -> checkEnvironment(name)).doesNotThrowAnyException();
    }

    @Test
    void readsSystemPropertiesInAnySpelling() {
        SettingNames names = boundFrom("WARMLANE_ENDPOINTS");
        assertThatCode(() -> names.check(
                        Map.of(), List.of("warmlane.response-headers", "warmlane.responseHeaders", "user.dir")))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> names.check(Map.of(), List.of("warmlane.response-header")))
                .hasMessageStartingWith("warmlane.response-header: ");
    }

    private static void checkEnvironment(String name) {
        boundFrom(name).check(Map.of(name, "1", "PATH", "/bin"), List.of());
    }

    /** The names that binding looks for where the environment has this one. */
    private static SettingNames boundFrom(String name) {
        SettingNames names = new SettingNames(text -> text);
        var environment = new SystemEnvironmentPropertySource(
                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, Map.of(name, "1"));
        try {
            new Binder(ConfigurationPropertySources.from(environment))
                    .bindOrCreate("warmlane", Bindable.of(WarmlaneSettings.class), names.apply(BindHandler.DEFAULT));
        } catch (RuntimeException e) {
            // The value is not one that the setting takes; its name has been looked for.
        }
        return names;
    }
}
