package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class SettingsInForceTest {

    private static Map<String, Object> inForce(Map<String, String> given) {
        return SettingsInForce.of(new Binder(new MapConfigurationPropertySource(given))
                .bindOrCreate("warmlane", Bindable.of(WarmlaneSettings.class)));
    }

    @Test
    @SuppressWarnings("unchecked")
    void namesAndValuesAreThoseOneWrites() {
        Map<String, Object> settings =
                inForce(Map.of("warmlane.endpoints", "http://a:1", "warmlane.affinity.ttl", "90s"));
        assertThat((Map<String, Object>) settings.get("affinity"))
                .containsEntry("ttl", "90s")
                .containsEntry("max-entries", 200_000L)
                .extractingByKey("keys")
                .asString()
                .contains("session", "prompt-prefix");
        assertThat(settings).containsEntry("response-headers", true).containsKey("access-log");
    }

    @Test
    void aNumberOfTokensIsNoSecret() {
        assertThat(inForce(Map.of(
                                "warmlane.prewarm.max-tokens",
                                "900",
                                "warmlane.routing.parameters.alpha-tokens",
                                "1.5"))
                        .toString())
                .contains("max-tokens=900", "alpha-tokens=1.5");
        assertThat(SettingsInForce.isSecret("warmlane.auth.tokens", "sk-hidden"))
                .isTrue();
    }

    @Test
    void aChoiceIsWrittenAsItIsGiven() {
        assertThat(inForce(Map.of("warmlane.endpoints", "http://a:1")).toString())
                .contains("unknown-models=refuse", "watch=routed");
    }

    @Test
    void noSecretIsTold() {
        assertThat(inForce(Map.of(
                                "warmlane.pools[0].name", "chat",
                                "warmlane.pools[0].endpoints", "http://a:1",
                                "warmlane.pools[0].api-key", "sk-hidden",
                                "warmlane.routing.parameters.secret", "hidden-too",
                                "warmlane.access-log.salt", "hidden-as-well"))
                        .toString())
                .doesNotContain("hidden")
                .contains("api-key=***", "salt=***", "name=chat");
    }
}
