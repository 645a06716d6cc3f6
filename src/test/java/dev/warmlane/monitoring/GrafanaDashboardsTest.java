package dev.warmlane.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.monitoring.GrafanaDashboards.Dashboard;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class GrafanaDashboardsTest {
    private static final Pattern COUNTER = Pattern.compile("(\\w+\\()?([a-z][\\w:]*_(?:total|bucket|sum|count))\\{");
    private static final Pattern VARIABLE = Pattern.compile("\\$(\\w+)");

    @Test
    void noQueryDividesOrShowsSumsOfALifetime() {
        assertThat(GrafanaDashboards.queries()).allSatisfy(query -> {
            Matcher counter = COUNTER.matcher(query.expression());
            while (counter.find()) {
                assertThat(counter.group(1))
                        .as(query.where() + " of " + counter.group(2))
                        .isIn("rate(", "increase(");
            }
        });
    }

    @Test
    void quantilesAreOfBucketsAddedUpByLe() {
        assertThat(GrafanaDashboards.queries())
                .filteredOn(query -> query.expression().contains("_bucket"))
                .allSatisfy(query -> assertThat(query.expression())
                        .as(query.where())
                        .matches("histogram_quantile\\(0\\.\\d+, sum by \\(le[, a-z]*\\) \\(rate\\(.*"));
    }

    @Test
    void everyQueryIsOfTheChosenNamespaceAndPool() {
        assertThat(GrafanaDashboards.queries()).allSatisfy(query -> {
            assertThat(query.expression()).as(query.where()).contains("namespace=~\"$namespace\"");
            if (query.expression().contains("by (pool")) {
                assertThat(query.expression()).as(query.where()).contains("pool=~\"$pool\"");
            }
        });
    }

    @Test
    void variablesAreThereAndUsed() {
        assertThat(GrafanaDashboards.all()).hasSize(4).allSatisfy(dashboard -> {
            List<String> declared = dashboard
                    .variables()
                    .map(variable -> variable.get("name").asString())
                    .toList();
            List<String> used = new ArrayList<>(List.of("datasource"));
            dashboard.queries().forEach(query -> {
                Matcher variable = VARIABLE.matcher(query.filled());
                while (variable.find()) {
                    used.add(variable.group(1));
                }
            });
            assertThat(declared)
                    .as(dashboard.file())
                    .contains("namespace", "pool")
                    .hasSameElementsAs(used);
        });
    }

    @Test
    void panelsHaveTitlesUnitsAndPlacesOfTheirOwn() {
        assertThat(GrafanaDashboards.all()).allSatisfy(dashboard -> {
            List<JsonNode> panels =
                    dashboard.model().get("panels").valueStream().toList();
            assertThat(panels).extracting(panel -> panel.get("id").asInt()).doesNotHaveDuplicates();
            assertThat(panels)
                    .extracting(panel -> panel.get("gridPos").get("x") + ","
                            + panel.get("gridPos").get("y"))
                    .doesNotHaveDuplicates();
            assertThat(panels).allSatisfy(panel -> {
                assertThat(panel.get("title").asString()).isNotBlank();
                if (!panel.get("type").asString().equals("row")) {
                    assertThat(panel.at("/fieldConfig/defaults/unit").asString())
                            .isNotBlank();
                    assertThat(panel.at("/datasource/uid").asString()).isEqualTo("${datasource}");
                }
            });
        });
        assertThat(GrafanaDashboards.all())
                .extracting(
                        (Dashboard dashboard) -> dashboard.model().get("uid").asString() + ".json")
                .isEqualTo(GrafanaDashboards.all().stream().map(Dashboard::file).toList());
    }
}
