package dev.warmlane.engines.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.engines.discovery.DiscoveryFactory;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.WarmlaneSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class PoolFactoryTest {

    @Test
    void theLogWarnsOfAnEndpointInTwoPools(CapturedOutput output) {
        assertThat(create("http://h:8000", "http://h:8000/other").all()).hasSize(2);
        assertThat(output).doesNotContain("is in pool");
        assertThat(create("http://h:8000", "http://a:1,http://H:8000/").all()).hasSize(2);
        assertThat(output).contains("pool b: http://h:8000 is in pool a too");
    }

    @ParameterizedTest
    @CsvSource({"prefill, true", "decode, false"})
    void refusesAListThatNobodyCanServe(String role, String decodeAlone) {
        assertThatThrownBy(() -> create(Map.of(
                        "warmlane.pools[0].name",
                        "a",
                        "warmlane.pools[0].endpoints[0]",
                        "http://127.0.0.1:9 role=" + role,
                        "warmlane.pools[0].prefill-decode.decode-alone",
                        decodeAlone)))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("role=" + role + " alone");
    }

    private static Pools create(String first, String second) {
        Map<String, String> given = new HashMap<>();
        given.put("warmlane.pools[0].name", "a");
        given.put("warmlane.pools[0].endpoints", first);
        given.put("warmlane.pools[1].name", "b");
        given.put("warmlane.pools[1].endpoints", second);
        return create(given);
    }

    private static Pools create(Map<String, String> given) {
        WarmlaneSettings settings = new Binder(new MapConfigurationPropertySource(given))
                .bindOrCreate("warmlane", Bindable.of(WarmlaneSettings.class));
        DiscoveryFactory discoveries = new DiscoveryFactory(settings.discovery(), () -> {
            throw new AssertionError("no pool is on Kubernetes");
        });
        return new PoolFactory(
                        settings,
                        new AffinityTable(10, Duration.ofHours(1), System::nanoTime),
                        null,
                        discoveries,
                        pool -> null)
                .create();
    }
}
