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
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class PoolFactoryTest {

    @Test
    void anEndpointIsOfOnePool() {
        assertThat(create("http://h:8000", "http://h:8000/other").all()).hasSize(2);
        assertThatThrownBy(() -> create("http://h:8000", "http://a:1,http://H:8000/"))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage("pool b: endpoints: http://h:8000 (expected: in one pool only; it is in pool a too)");
    }

    private static Pools create(String first, String second) {
        Map<String, String> given = new HashMap<>();
        given.put("warmlane.pools[0].name", "a");
        given.put("warmlane.pools[0].endpoints", first);
        given.put("warmlane.pools[1].name", "b");
        given.put("warmlane.pools[1].endpoints", second);
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
