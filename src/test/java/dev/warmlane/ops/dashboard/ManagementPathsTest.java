package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.health.EndpointHealth.EjectionReason;
import dev.warmlane.core.prefix.reuse.LossLadder;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import dev.warmlane.harness.ApiDocument;
import dev.warmlane.ops.actuator.DecisionsHandler;
import dev.warmlane.settings.WarmlaneSettings.DashboardSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** docs/openapi.yaml has every route of the management port and every value of an enum, docs/operations.md every path of it. */
class ManagementPathsTest {
    private static final Pattern ROUTE = Pattern.compile("\\((GET|POST|DELETE) && (/[^)]*)\\)");

    /** The dashboard's own page and files. */
    private static final Set<String> PAGE =
            Set.of("GET /", "GET /dashboard", "GET /dashboard/", "GET /dashboard/{*file}");

    private final ApiDocument document = new ApiDocument();

    private static Stream<String> routes() {
        String all =
                new DecisionsHandler(null, null, Clock.systemUTC()).routes().toString()
                        + new DashboardHandler(
                                        null,
                                        null,
                                        null,
                                        null,
                                        null,
                                        null,
                                        new DashboardSettings(true, false, 0.8, Duration.ofSeconds(2)),
                                        false,
                                        null,
                                        Clock.systemUTC())
                                .routes();
        return ROUTE.matcher(all).results().map(route -> route.group(1) + " " + route.group(2));
    }

    @Test
    void everyRouteIsDocumented() {
        assertThat(routes().filter(route -> !PAGE.contains(route)).toList())
                .hasSizeGreaterThan(10)
                .isSubsetOf(document.operations());
    }

    @Test
    void everyPathIsInTheTableForOperators() throws IOException {
        String table = Files.readString(Path.of("docs/operations.md"));

        assertThat(document.operations().stream()
                        .map(operation -> operation.split(" ")[1])
                        .filter(path -> !table.contains("`" + path + "`")))
                .isEmpty();
    }

    private static Stream<Arguments> enums() {
        return Stream.of(
                Arguments.of("Endpoint/properties/state", labels(EndpointState.values(), EndpointState::label)),
                Arguments.of("LiveEndpoint/properties/state", labels(EndpointState.values(), EndpointState::label)),
                Arguments.of("Ejection/properties/reason", labels(EjectionReason.values(), EjectionReason::label)),
                Arguments.of("Decision/properties/outcome", labels(Outcome.values(), Outcome::label)),
                Arguments.of("Decision/properties/prefillBypass", labels(PrefillBypass.values(), PrefillBypass::label)),
                Arguments.of(
                        "CacheWindow/properties/ladder/properties/steps/items/properties/cause",
                        labels(LossLadder.Cause.values(), LossLadder.Cause::label)));
    }

    private static <E> List<String> labels(E[] values, Function<E, String> label) {
        return Stream.of(values).map(label).distinct().toList();
    }

    @ParameterizedTest
    @MethodSource("enums")
    void everyValueIsDocumented(String schema, List<String> labels) {
        assertThat(document.values(schema)).containsExactlyInAnyOrderElementsOf(labels);
    }
}
