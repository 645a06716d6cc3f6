package dev.warmlane.tools.replay.report;

import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Rows as JSON, numbers unrounded. */
final class Json {
    private Json() {}

    static String write(List<Row> rows) {
        JsonMapper mapper = JsonMapper.shared();
        ArrayNode array = mapper.createArrayNode();
        for (Row row : rows) {
            ObjectNode object = array.addObject().put("load", row.load()).put("policy", row.policy());
            for (Column column : Column.ALL) {
                object.putPOJO(column.name(), column.value().apply(row.result()));
            }
        }
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(array) + "\n";
    }
}
