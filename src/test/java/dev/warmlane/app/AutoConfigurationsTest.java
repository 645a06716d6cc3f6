package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.app.GatewayApplication.AutoConfigurations;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.mock.env.MockEnvironment;

class AutoConfigurationsTest {
    private static final List<String> ALL = ImportCandidates.load(
                    AutoConfiguration.class, AutoConfigurationsTest.class.getClassLoader())
            .getCandidates();

    @Test
    void everyNameKeptIsThatOfOneAutoConfiguration() {
        assertThat(ALL.stream().map(name -> name.substring(name.lastIndexOf('.') + 1)))
                .filteredOn(AutoConfigurations.KEPT::contains)
                .containsExactlyInAnyOrderElementsOf(AutoConfigurations.KEPT);
    }

    @Test
    void tracingIsThereOnlyWhereSpansAreSentSomewhere() {
        assertThat(kept(new MockEnvironment())).noneMatch(name -> name.contains("racing"));
        assertThat(kept(new MockEnvironment().withProperty(TracingConfiguration.ENDPOINT, "http://c")))
                .anyMatch(name -> name.endsWith("OtlpTracingAutoConfiguration"))
                .noneMatch(name -> name.contains("Exemplars"));
    }

    @Test
    void partsThatOthersImportAreKept() {
        String part = "org.springframework.boot.web.server.autoconfigure.reactive.ReactiveWebServerConfiguration";
        assertThat(kept(new MockEnvironment(), part)).containsExactly(part);
    }

    @Test
    void nothingManagesTheGatewayByJmxOrRefreshing() {
        assertThat(kept(new MockEnvironment()))
                .noneMatch(name -> name.contains("Jmx") || name.contains("Refresh") || name.contains("Shutdown"));
    }

    private static List<String> kept(MockEnvironment environment, String... names) {
        AutoConfigurations filter = new AutoConfigurations();
        filter.setEnvironment(environment);
        return (names.length == 0 ? ALL : List.of(names))
                .stream().filter(filter::isKept).toList();
    }
}
