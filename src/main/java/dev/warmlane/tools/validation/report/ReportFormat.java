package dev.warmlane.tools.validation.report;

import java.util.Locale;

/** How a report is written. */
public enum ReportFormat {
    /** For people. */
    TABLE,
    /** One object, for scripts. */
    JSON,
    /** For pull requests and step summaries. */
    MARKDOWN,
    /** JUnit's XML, for CI servers. */
    JUNIT;

    /** The report as text that ends with a line break. */
    public String write(Report report) {
        return switch (this) {
            case TABLE -> Table.write(report);
            case JSON -> Json.write(report);
            case MARKDOWN -> Markdown.write(report);
            case JUNIT -> JUnit.write(report);
        };
    }

    /** The name in options, lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
