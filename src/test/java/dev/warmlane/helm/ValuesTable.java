package dev.warmlane.helm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.Yaml;

/** The table of a values.yaml whose comments stand above the values: one row a value, in their order. */
final class ValuesTable {
    private static final Pattern KEY = Pattern.compile("( *)([A-Za-z]+):.*");

    private ValuesTable() {}

    static String of(String yaml) {
        Map<?, ?> values = new Yaml().load(yaml);
        StringBuilder table = new StringBuilder("| value | default | what |\n|---|---|---|\n");
        Deque<String> path = new ArrayDeque<>();
        List<String> comment = new ArrayList<>();
        for (String line : yaml.split("\n")) {
            Matcher key = KEY.matcher(line);
            if (line.strip().startsWith("# ")) {
                comment.add(line.strip().substring(2));
            } else if (key.matches()) {
                while (path.size() > key.group(1).length() / 2) {
                    path.removeLast();
                }
                path.addLast(key.group(2));
                if (!comment.isEmpty()) {
                    table.append("| `%s` | %s | %s |\n"
                            .formatted(String.join(".", path), shown(at(values, path)), String.join(" ", comment)));
                }
                comment.clear();
            } else {
                comment.clear();
            }
        }
        return table.toString();
    }

    private static Object at(Map<?, ?> values, Iterable<String> path) {
        Object value = values;
        for (String key : path) {
            value = ((Map<?, ?>) value).get(key);
        }
        return value;
    }

    /** A group of values has its own rows, so it shows none. */
    private static String shown(Object value) {
        if (value instanceof Map<?, ?> map && !map.isEmpty()) {
            return "";
        }
        if (value instanceof String text && text.isEmpty()) {
            return "";
        }
        return "`" + value + "`";
    }
}
