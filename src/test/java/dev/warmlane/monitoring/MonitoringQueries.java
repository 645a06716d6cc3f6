package dev.warmlane.monitoring;

import dev.warmlane.ops.dashboard.ProblemCatalogue;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Everything that operators ask Prometheus: by alerts, by recordings, by dashboards, by the runbook. */
public final class MonitoringQueries {
    private static final Pattern TYPED = Pattern.compile("`([^`]*\\b(?:warmlane_|vllm:|ssl_)[^`]*)`");

    private MonitoringQueries() {}

    /** Each by where it stands. */
    public static Map<String, String> all() {
        AlertRules rules = AlertRules.read();
        Map<String, String> queries = new TreeMap<>(rules.recordings());
        rules.alerts().forEach(alert -> queries.put(alert.name(), alert.expression()));
        for (GrafanaDashboards.Query query : GrafanaDashboards.queries()) {
            queries.merge(query.where(), query.filled(), (first, second) -> first + " or " + second);
        }
        for (ProblemCatalogue.Entry entry : ProblemCatalogue.load().entries()) {
            TYPED.matcher(String.join("\n", entry.look()))
                    .results()
                    .forEach(typed -> queries.put("runbook, " + entry.id() + ", " + typed.start(), typed.group(1)));
        }
        return queries;
    }

    /** Names that the rules themselves record. */
    public static Set<String> recorded() {
        return AlertRules.read().recordings().keySet();
    }
}
