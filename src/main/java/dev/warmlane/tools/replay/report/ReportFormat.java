package dev.warmlane.tools.replay.report;

import java.util.List;
import java.util.Locale;

/** How a report is written. */
public enum ReportFormat {
    /** For people. */
    TABLE {
        @Override
        public String write(List<Row> rows) {
            return Table.write(rows);
        }
    },
    /** An array with an object for each row; null where a number does not apply. */
    JSON {
        @Override
        public String write(List<Row> rows) {
            return Json.write(rows);
        }
    },
    /** A heading and a line for each row; empty where a number does not apply. */
    CSV {
        @Override
        public String write(List<Row> rows) {
            return Csv.write(rows);
        }
    };

    /** The rows as text that ends with a line break. */
    public abstract String write(List<Row> rows);

    /** The name in options, lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
